"""Forms of the policy at work, a module for each right."""
