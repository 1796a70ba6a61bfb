"""The pages of what keeps an account safe."""
