"""Runs migrations on the connection of issuance.migrate."""

from alembic import context

import issuance.sites.tables  # noqa: F401 - part of the metadata
from issuance.tables import VERSION_TABLE, metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, version_table=VERSION_TABLE)
with context.begin_transaction():
    context.run_migrations()
