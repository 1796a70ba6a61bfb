"""Fixtures of the whole suite. The environment itself is made by ``tests/plugin.py``."""
