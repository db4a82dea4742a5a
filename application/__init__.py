"""Use cases that need both stores, without HTTP or the command line."""
