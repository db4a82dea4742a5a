"""Embedded servers: Postgres and Valkey from Python wheels, as children of this process."""

from processes.embedded.postgres import EmbeddedPostgres
from processes.embedded.server import EmbeddedServer, EmbeddedServerError
from processes.embedded.valkey import EmbeddedValkey

__all__ = ["EmbeddedPostgres", "EmbeddedServer", "EmbeddedServerError", "EmbeddedValkey"]
