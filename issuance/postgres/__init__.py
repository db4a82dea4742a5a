"""Postgres: connections, their bounds, and what the server says of itself."""
