"""Your information: everything that is held about a member, read from the catalogue."""
