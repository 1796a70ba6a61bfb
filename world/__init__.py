"""Described worlds: a file, a demo town or a large crowd, loaded into an empty installation."""
