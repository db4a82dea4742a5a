"""Tables of sites. Constraints are named after the promise they keep."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
)

from domain.sites.settings_spec import SITE_SETTINGS
from domain.sites.site import SECRET_PURPOSES
from issuance.tables import known, metadata, setting_checks, setting_columns

sites = Table(
    "sites",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("hosts", ARRAY(Text), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint("code", name="one_site_per_code"),
)


def _site_id() -> Column[Any]:
    return Column("site_id", Uuid, ForeignKey("sites.id"), nullable=False)


# kept: the digest of an API key, or a pass secret, encrypted by SecretEncryption.
site_secrets = Table(
    "site_secrets",
    metadata,
    Column("id", Uuid, primary_key=True),
    _site_id(),
    Column("purpose", Text, nullable=False),
    Column("kept", LargeBinary, nullable=False),
    Column("starts_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True)),
    known("purpose", SECRET_PURPOSES),
    Index("secrets_of_site", "site_id"),
)

# What a room of a site has besides its row in `rooms`.
site_rooms = Table(
    "site_rooms",
    metadata,
    Column("room_id", Uuid, ForeignKey("rooms.id"), primary_key=True),
    _site_id(),
    Column("title", Text, nullable=False),
    *setting_columns(SITE_SETTINGS),
    *setting_checks(SITE_SETTINGS),
    Index("rooms_of_site", "site_id"),
)
