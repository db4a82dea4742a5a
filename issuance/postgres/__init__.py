"""Postgres: the bounded connection pool, time limits, and the server's clock and statistics."""
