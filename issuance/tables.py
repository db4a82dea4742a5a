"""Tables: the only place columns are named. Constraints are named after the promise they keep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from domain.settings_spec import ROOM_SETTINGS

metadata = MetaData()
# Which revision the schema is at. Not Alembic's own name, which other applications use too.
VERSION_TABLE = "waitroom_schema_version"

coupons = Table(
    "coupons",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("code", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("discount_kind", Text, nullable=False),
    Column("discount_value", Integer, nullable=False),
    Column("discount_cap", Integer),
    Column("total_count", Integer, nullable=False),
    Column("used_count", Integer, nullable=False, server_default=text("0")),
    Column("opens_at", DateTime(timezone=True), nullable=False),
    Column("expire_date", DateTime(timezone=True), nullable=False),
    Column("issuing", Text, nullable=False),
    # What the direct ways compare: nobody has written since, and nobody later holds the lock.
    Column("version", BigInteger, nullable=False, server_default=text("0")),
    Column("fence", BigInteger, nullable=False, server_default=text("0")),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint("code", name="one_coupon_per_code"),
    CheckConstraint("used_count BETWEEN 0 AND total_count", name="never_over_issue"),
    CheckConstraint("opens_at < expire_date", name="opens_before_it_ends"),
)

# No foreign key to coupons: every insert would lock the one hot row again, at a cost of 21 to
# 53 %. Whoever inserts here holds that row's lock already, and coupons are never deleted.
issued_coupons = Table(
    "issued_coupons",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("coupon_id", Uuid, nullable=False),
    Column("member_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    Column("expire_date", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    UniqueConstraint("coupon_id", "member_id", name="one_per_member"),
    CheckConstraint("status IN ('UNUSED', 'USED', 'EXPIRED')", name="known_status"),
    CheckConstraint("(status = 'USED') = (used_at IS NOT NULL)", name="used_has_a_time"),
    Index("issued_coupons_of_member", "member_id"),
    Index("issued_coupons_to_expire", "expire_date", postgresql_where=text("status = 'UNUSED'")),
)

_SQL_TYPES = {float: Double, int: Integer, str: Text}


def _setting_columns() -> Iterator[Column[Any]]:
    """A column for each room setting; the default is for releases that don't know it yet."""
    for setting in ROOM_SETTINGS:
        default = text(repr(setting.default))
        yield Column(setting.name, _SQL_TYPES[setting.type], nullable=False, server_default=default)


def _setting_checks() -> Iterator[CheckConstraint]:
    for setting in ROOM_SETTINGS:
        if setting.choices:
            words = ", ".join(f"'{word}'" for word in setting.choices)
            yield CheckConstraint(f"{setting.name} IN ({words})", name=f"known_{setting.name}")


# The settings of each coupon's line; version says which of two readings is the later.
rooms = Table(
    "rooms",
    metadata,
    Column("coupon_id", Uuid, ForeignKey("coupons.id"), primary_key=True),
    *_setting_columns(),
    # Made with the room and never changed; nobody is shown it before the room opens.
    Column("draw_seed", LargeBinary, nullable=False),
    Column("version", BigInteger, nullable=False, server_default=text("1")),
    *_setting_checks(),
    CheckConstraint("length(draw_seed) = 32", name="whole_seed"),
)

# What was drawn, kept from before the first of them is let through.
draws = Table(
    "draws",
    metadata,
    Column("coupon_id", Uuid, ForeignKey("coupons.id"), primary_key=True),
    Column("drawn_at", DateTime(timezone=True), nullable=False),
    Column("entrants_count", Integer, nullable=False),
    Column("entrants_sha256", Text, nullable=False),
    # The member ids in the order drawn, a line each, compressed.
    Column("entrants", LargeBinary, nullable=False),
)

# How far each line has come, so that one that has lost everything knows whose turn is over.
watermarks = Table(
    "watermarks",
    metadata,
    Column("coupon_id", Uuid, ForeignKey("coupons.id"), primary_key=True),
    Column("taken_at_us", BigInteger, nullable=False),
    Column("spent_until", BigInteger, nullable=False),
    Column("last_arrival_us", BigInteger, nullable=False),
)

# Whose old ticket gives no place back, though the line forgets it. As above, no foreign key.
spent_tickets = Table(
    "spent_tickets",
    metadata,
    Column("coupon_id", Uuid, nullable=False),
    Column("member_id", Text, nullable=False),
    Column("arrival", BigInteger, nullable=False),
    Column("noted_at_us", BigInteger, nullable=False),
    PrimaryKeyConstraint("coupon_id", "member_id"),
)

# The refusal that each admission ended with. As above, no foreign key.
refusals = Table(
    "refusals",
    metadata,
    Column("coupon_id", Uuid, nullable=False),
    Column("member_id", Text, nullable=False),
    Column("admitted_at", DateTime(timezone=True), nullable=False),
    Column("slug", Text, nullable=False),
    PrimaryKeyConstraint("coupon_id", "member_id", "admitted_at", name="one_refusal_per_admission"),
)

# How rooms look. What is empty is as everywhere on the site.
brandings = Table(
    "brandings",
    metadata,
    Column("coupon_id", Uuid, ForeignKey("coupons.id"), primary_key=True),
    Column("name", Text, nullable=False, server_default=text("''")),
    Column("colour", Text, nullable=False, server_default=text("''")),
    Column("message", Text, nullable=False, server_default=text("''")),
    Column("logo", LargeBinary),
    Column("logo_sha256", Text, nullable=False, server_default=text("''")),
    CheckConstraint("(logo IS NULL) = (logo_sha256 = '')", name="logo_has_its_name"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("before", JSONB),
    Column("after", JSONB),
    Index("audit_of_subject", "subject", "at"),
)

# Who may sign in to the console.
admins = Table(
    "admins",
    metadata,
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("disabled", Boolean, nullable=False, server_default=text("false")),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("name", name="one_admin_per_name"),
    CheckConstraint("role IN ('viewer', 'operator')", name="known_role"),
)

# How often each name was signed out everywhere; also of the admin whom a setting names, who has no
# row above.
admin_sessions = Table(
    "admin_sessions",
    metadata,
    Column("name", Text, primary_key=True),
    Column("generation", BigInteger, nullable=False),
)

# One row: which deployment this database belongs to. Made by a migration.
deployment = Table(
    "deployment",
    metadata,
    Column("singleton", Boolean, nullable=False, server_default=text("true")),
    Column("id", Uuid, nullable=False),
    Column("made_at", DateTime(timezone=True), server_default=func.now()),
    PrimaryKeyConstraint("singleton", name="one_deployment"),
    CheckConstraint("singleton", name="only_one_deployment"),
)
