"""Real servers carried in wheels, run as children of this process and gone when it is gone."""

from cli.embedded.postgres import EmbeddedPostgres
from cli.embedded.server import EmbeddedServer, EmbeddedServerError
from cli.embedded.valkey import EmbeddedValkey

__all__ = ["EmbeddedPostgres", "EmbeddedServer", "EmbeddedServerError", "EmbeddedValkey"]
