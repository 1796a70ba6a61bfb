"""How days and times are written, by language (``FORMAT_MODULE_PATH``)."""
