"""Witnesses: the product on the servers that Debian ships, which no Python wheel carries."""
