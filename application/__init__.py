"""Use cases that need both stores; no HTTP, no command line."""
