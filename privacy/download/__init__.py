"""Taking everything along: asked for, prepared by the worker in parts, fetched, and gone again."""
