"""Tables: the schema. Constraints are named after the promise they keep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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

from domain.room import ROOM_KINDS, STAGES
from domain.settings_spec import ROOM_SETTINGS, RoomSetting

metadata = MetaData()
# What is counted in each minute of a room, by the names of its time series.
MINUTE_COUNTS = ("entered", "admitted", "issued", "refused", "turned_away", "left")
# Holds the schema's revision. Not Alembic's default name, which other applications use too.
VERSION_TABLE = "waitroom_schema_version"
ONE_SHORT_CODE = "one_short_code"

coupons = Table(
    "coupons",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("code", Text, nullable=False),
    # NULL where it is issued directly. Checked at the commit: see migration 0013.
    Column("room_id", Uuid, ForeignKey("rooms.id", deferrable=True, initially="DEFERRED")),
    Column("description", Text, nullable=False),
    Column("discount_kind", Text, nullable=False),
    Column("discount_value", Integer, nullable=False),
    Column("discount_cap", Integer),
    Column("total_count", Integer, nullable=False),
    Column("used_count", Integer, nullable=False, server_default=text("0")),
    Column("opens_at", DateTime(timezone=True), nullable=False),
    Column("expire_date", DateTime(timezone=True), nullable=False),
    Column("issuing", Text, nullable=False),
    # The direct ways write only if these are unchanged: version (optimistic), fence (redis_lock).
    Column("version", BigInteger, nullable=False, server_default=text("0")),
    Column("fence", BigInteger, nullable=False, server_default=text("0")),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint("code", name="one_coupon_per_code"),
    UniqueConstraint("room_id", name="one_coupon_per_room"),
    CheckConstraint("used_count BETWEEN 0 AND total_count", name="never_over_issue"),
    CheckConstraint("opens_at < expire_date", name="opens_before_it_ends"),
)

# No foreign key to coupons: each insert would lock the one hot row again, which costs 21 to 53 %.
# The inserting transaction holds that row's lock already, and coupons are never deleted.
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
    # The default is for rows of the release before; NULL only until `migrate` has filled it.
    Column("short_code", Text, server_default=text("make_short_code()")),
    UniqueConstraint("coupon_id", "member_id", name="one_per_member"),
    UniqueConstraint("short_code", name=ONE_SHORT_CODE),
    CheckConstraint("status IN ('UNUSED', 'USED', 'EXPIRED')", name="known_status"),
    CheckConstraint("(status = 'USED') = (used_at IS NOT NULL)", name="used_has_a_time"),
    Index("issued_coupons_of_member", "member_id"),
    Index("issued_coupons_without_code", "id", postgresql_where=text("short_code IS NULL")),
    Index("issued_coupons_to_expire", "expire_date", postgresql_where=text("status = 'UNUSED'")),
)

_SQL_TYPES = {float: Double, int: Integer, str: Text}


def setting_columns(settings: Iterable[RoomSetting]) -> Iterator[Column[Any]]:
    """A column for each setting; earlier releases insert rooms without the newer ones."""
    for setting in settings:
        default = text(repr(setting.default))
        yield Column(setting.name, _SQL_TYPES[setting.type], nullable=False, server_default=default)


def setting_checks(settings: Iterable[RoomSetting]) -> Iterator[CheckConstraint]:
    for setting in settings:
        if setting.choices:
            yield known(setting.name, setting.choices)


def known(column: str, words: Iterable[str]) -> CheckConstraint:
    """The column has one of these words."""
    return CheckConstraint(_choices(column, words), name=f"known_{column}")


def _choices(column: str, words: Iterable[str]) -> str:
    quoted = ", ".join(f"'{word}'" for word in words)
    return f"{column} IN ({quoted})"


# Each waiting room with the settings of its line; version orders two readings. kind: what the line
# leads to, which has a table of its own that references the room.
rooms = Table(
    "rooms",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("code", Text, nullable=False),
    Column("kind", Text, nullable=False, server_default=text("'coupon'")),
    # For processes of the release before, which join rooms to coupons by it.
    Column("coupon_id", Uuid),
    # NULL where the coupon has them; closes_at also where the room never closes.
    Column("opens_at", DateTime(timezone=True)),
    Column("closes_at", DateTime(timezone=True)),
    *setting_columns(ROOM_SETTINGS),
    # Set when the room is created, never changed, and secret until the room opens.
    Column("draw_seed", LargeBinary, nullable=False),
    Column("version", BigInteger, nullable=False, server_default=text("1")),
    Column("stage", Text, nullable=False, server_default=text("'published'")),
    # The room whose rehearsal this is.
    Column("rehearses", Uuid, ForeignKey("rooms.id")),
    Column("archived_at", DateTime(timezone=True)),
    # Times and rates, by time; next_step_at: of the first that is not over.
    Column("rate_steps", JSONB, nullable=False, server_default=text("'[]'")),
    Column("next_step_at", DateTime(timezone=True)),
    *setting_checks(ROOM_SETTINGS),
    known("stage", STAGES),
    CheckConstraint("(stage = 'rehearsal') = (rehearses IS NOT NULL)", name="rehearsal_of_a_room"),
    Index(
        "one_rehearsal_at_once",
        "rehearses",
        unique=True,
        postgresql_where=text("archived_at IS NULL"),
    ),
    Index("rate_steps_to_apply", "next_step_at", postgresql_where=text("next_step_at IS NOT NULL")),
    CheckConstraint("length(draw_seed) = 32", name="whole_seed"),
    UniqueConstraint("code", name="one_room_per_code"),
    UniqueConstraint("coupon_id", name="one_room_per_coupon"),
    known("kind", ROOM_KINDS),
    CheckConstraint(
        "kind <> 'coupon' OR coupon_id IS NOT DISTINCT FROM id", name="room_of_coupon_has_its_id"
    ),
    CheckConstraint("kind = 'coupon' OR opens_at IS NOT NULL", name="room_has_a_schedule"),
    CheckConstraint("opens_at < closes_at", name="room_opens_before_it_ends"),
)

# Each code of a coupon, also of one without a room, and of a room of another kind. Triggers insert
# them: a process of the release before knows no other kind (migration 0014).
codes = Table(
    "codes",
    metadata,
    Column("code", Text, nullable=False),
    PrimaryKeyConstraint("code", name="one_owner_per_code"),
)


def _room_id(*checks: ForeignKey) -> Column[Any]:
    """The key of a table of rooms. The release before writes coupon ids, which are room ids too."""
    return Column("coupon_id", Uuid, *checks, key="room_id", primary_key=True)


# The order of each drawn lobby, stored before its first member is admitted.
draws = Table(
    "draws",
    metadata,
    _room_id(ForeignKey("rooms.id")),
    Column("drawn_at", DateTime(timezone=True), nullable=False),
    Column("entrants_count", Integer, nullable=False),
    Column("entrants_sha256", Text, nullable=False),
    # The member ids in the order drawn, one a line, gzipped.
    Column("entrants", LargeBinary, nullable=False),
)

# The progress of each line; a line that lost Redis learns from it whose turn is over.
watermarks = Table(
    "watermarks",
    metadata,
    _room_id(ForeignKey("rooms.id")),
    Column("taken_at_us", BigInteger, nullable=False),
    Column("spent_until", BigInteger, nullable=False),
    Column("last_arrival_us", BigInteger, nullable=False),
)

# Tickets that no longer restore a place. No foreign key, as above.
spent_tickets = Table(
    "spent_tickets",
    metadata,
    _room_id(),
    Column("member_id", Text, primary_key=True),
    Column("arrival", BigInteger, nullable=False),
    Column("noted_at_us", BigInteger, nullable=False),
)

# The refusal of each refused admission. No foreign key, as above.
refusals = Table(
    "refusals",
    metadata,
    Column("coupon_id", Uuid, nullable=False),
    Column("member_id", Text, nullable=False),
    Column("admitted_at", DateTime(timezone=True), nullable=False),
    Column("slug", Text, nullable=False),
    PrimaryKeyConstraint("coupon_id", "member_id", "admitted_at", name="one_refusal_per_admission"),
)

# Each room's branding; an empty value means the site's default. No foreign key: the release before
# stores one for a coupon without a room, too.
brandings = Table(
    "brandings",
    metadata,
    _room_id(),
    Column("name", Text, nullable=False, server_default=text("''")),
    Column("colour", Text, nullable=False, server_default=text("''")),
    Column("message", Text, nullable=False, server_default=text("''")),
    Column("return_url", Text, nullable=False, server_default=text("''")),
    Column("logo", LargeBinary),
    Column("logo_sha256", Text, nullable=False, server_default=text("''")),
    CheckConstraint("(logo IS NULL) = (logo_sha256 = '')", name="logo_has_its_name"),
)

# What happened in a room, minute by minute; a minute in which nothing did has no row.
minutes = Table(
    "minutes",
    metadata,
    Column("room_id", Uuid, ForeignKey("rooms.id")),
    Column("begins_at", DateTime(timezone=True), nullable=False),
    # Members in line, the most and the last of the minute; NULL where no admitter ran.
    Column("waiting_max", Integer),
    Column("waiting", Integer),
    *(Column(name, Integer, nullable=False) for name in MINUTE_COUNTS),
    PrimaryKeyConstraint("room_id", "begins_at", name="one_row_a_minute"),
    Index("minutes_to_forget", "begins_at"),
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

# Accounts of the console.
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

# How often each name was signed out everywhere. Also for the admin of ADMIN_PASSWORD_HASH, who has
# no row in `admins`.
admin_sessions = Table(
    "admin_sessions",
    metadata,
    Column("name", Text, primary_key=True),
    Column("generation", BigInteger, nullable=False),
)

# One row, the id of this deployment. A migration inserts it.
deployment = Table(
    "deployment",
    metadata,
    Column("singleton", Boolean, nullable=False, server_default=text("true")),
    Column("id", Uuid, nullable=False),
    Column("made_at", DateTime(timezone=True), server_default=func.now()),
    PrimaryKeyConstraint("singleton", name="one_deployment"),
    CheckConstraint("singleton", name="only_one_deployment"),
)
