"""Real servers carried in wheels, run as children of this process and gone when it is gone."""

from processes.embedded.postgres import EmbeddedPostgres
from processes.embedded.server import EmbeddedServer, EmbeddedServerError
from processes.embedded.valkey import EmbeddedValkey

__all__ = ["EmbeddedPostgres", "EmbeddedServer", "EmbeddedServerError", "EmbeddedValkey"]
