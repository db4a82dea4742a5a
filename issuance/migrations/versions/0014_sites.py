"""Add sites, and rooms that lead to them; keep the codes of coupons and rooms apart."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# In one order with the queries of offers, as in 0013.
_LOCK = "LOCK TABLE coupons, rooms IN ACCESS EXCLUSIVE MODE"

# A coupon without a room has a code, too, and processes of the release before insert it.
_TAKE_CODE = """
CREATE FUNCTION take_code() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO codes (code) VALUES (NEW.code);
  RETURN NEW;
END
$$
"""
_OF_COUPONS = """
CREATE TRIGGER take_code_of_coupon BEFORE INSERT ON coupons
FOR EACH ROW EXECUTE FUNCTION take_code()
"""
_OF_ROOMS = """
CREATE TRIGGER take_code_of_room BEFORE INSERT ON rooms
FOR EACH ROW WHEN (NEW.kind <> 'coupon') EXECUTE FUNCTION take_code()
"""


def upgrade() -> None:
    op.execute(_LOCK)
    op.create_table(
        "codes",
        sa.Column("code", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name="one_owner_per_code"),
    )
    op.execute("INSERT INTO codes (code) SELECT code FROM coupons")
    for name in ("opens_at", "closes_at"):
        op.add_column("rooms", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint("known_kind", "rooms")
    op.create_check_constraint("known_kind", "rooms", "kind IN ('coupon', 'site')")
    op.create_check_constraint(
        "room_has_a_schedule", "rooms", "kind = 'coupon' OR opens_at IS NOT NULL"
    )
    op.create_check_constraint("room_opens_before_it_ends", "rooms", "opens_at < closes_at")
    for statement in (_TAKE_CODE, _OF_COUPONS, _OF_ROOMS):
        op.execute(statement)
    _create_sites()
    _create_site_rooms()


def _create_sites() -> None:
    op.create_table(
        "sites",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hosts", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name="sites_pkey"),
        sa.UniqueConstraint("code", name="one_site_per_code"),
    )
    op.create_table(
        "site_secrets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("kept", sa.LargeBinary(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="site_secrets_pkey"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="site_secrets_site_fkey"),
        sa.CheckConstraint("purpose IN ('api_key', 'pass')", name="known_purpose"),
    )
    op.create_index("secrets_of_site", "site_secrets", ["site_id"])


def _create_site_rooms() -> None:
    def setting(name: str, kind: type[sa.Integer] | type[sa.Text], default: str) -> sa.Column[Any]:
        return sa.Column(name, kind(), server_default=sa.text(default), nullable=False)

    op.create_table(
        "site_rooms",
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        setting("target_url", sa.Text, "''"),
        setting("claim_s", sa.Integer, "120"),
        setting("session_s", sa.Integer, "600"),
        setting("renewal", sa.Text, "'off'"),
        setting("session_max_s", sa.Integer, "3600"),
        setting("passthrough", sa.Text, "'auto'"),
        setting("alg", sa.Text, "'ES256'"),
        sa.PrimaryKeyConstraint("room_id", name="site_rooms_pkey"),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name="site_rooms_room_fkey"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="site_rooms_site_fkey"),
        sa.CheckConstraint("renewal IN ('off', 'sliding')", name="known_renewal"),
        sa.CheckConstraint("passthrough IN ('off', 'auto', 'on')", name="known_passthrough"),
        sa.CheckConstraint("alg IN ('ES256', 'RS256', 'HS256')", name="known_alg"),
    )
    op.create_index("rooms_of_site", "site_rooms", ["site_id"])


def downgrade() -> None:
    """Raises IntegrityError while there are rooms of sites: their lines would lead nowhere."""
    op.execute(_LOCK)
    op.execute("DROP TRIGGER take_code_of_room ON rooms")
    op.execute("DROP TRIGGER take_code_of_coupon ON coupons")
    op.execute("DROP FUNCTION take_code()")
    op.drop_constraint("known_kind", "rooms")
    op.create_check_constraint("known_kind", "rooms", "kind IN ('coupon')")
    for name in ("room_opens_before_it_ends", "room_has_a_schedule"):
        op.drop_constraint(name, "rooms")
    for name in ("closes_at", "opens_at"):
        op.drop_column("rooms", name)
    for table in ("site_rooms", "site_secrets", "sites", "codes"):
        op.drop_table(table)
