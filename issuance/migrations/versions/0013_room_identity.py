"""Give rooms an id, a code and a kind of their own; let coupons reference their room."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# The keys of these tables are ids of rooms now. Their column keeps its name, coupon_id: processes
# of the release before write it. A coupon's room has the coupon's id, so both mean the same.
_OF_ROOMS = ("draws", "watermarks")
# Without a foreign key: the release before stores a branding for a coupon without a room, too.
_UNCHECKED = ("brandings",)

# In one order with the queries of offers: another order could deadlock with them.
_LOCK = "LOCK TABLE coupons, rooms, draws, brandings, watermarks IN ACCESS EXCLUSIVE MODE"

# Processes of the release before insert rooms without an id or a code.
_IDENTIFY = """
CREATE FUNCTION identify_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.id := NEW.coupon_id;
  SELECT code INTO NEW.code FROM coupons WHERE id = NEW.coupon_id;
  UPDATE coupons SET room_id = NEW.id WHERE id = NEW.coupon_id;
  RETURN NEW;
END
$$
"""
_TRIGGER = """
CREATE TRIGGER identify_room_of_release_before BEFORE INSERT ON rooms
FOR EACH ROW WHEN (NEW.id IS NULL) EXECUTE FUNCTION identify_room()
"""


def upgrade() -> None:
    op.execute(_LOCK)
    _identify_rooms()
    for table in (*_OF_ROOMS, *_UNCHECKED):
        op.drop_constraint(f"{table}_coupon_id_fkey", table)
    for table in _OF_ROOMS:
        op.create_foreign_key(f"{table}_room_fkey", table, "rooms", ["coupon_id"], ["id"])
    op.add_column("coupons", sa.Column("room_id", sa.Uuid(), nullable=True))
    op.execute("UPDATE coupons SET room_id = rooms.id FROM rooms WHERE coupon_id = coupons.id")
    op.create_unique_constraint("one_coupon_per_room", "coupons", ["room_id"])
    # Deferred: the trigger runs before its room is there.
    op.create_foreign_key(
        "coupons_room_fkey",
        "coupons",
        "rooms",
        ["room_id"],
        ["id"],
        deferrable=True,
        initially="DEFERRED",
    )
    op.execute(_IDENTIFY)
    op.execute(_TRIGGER)


def _identify_rooms() -> None:
    op.add_column("rooms", sa.Column("id", sa.Uuid(), nullable=True))
    op.add_column("rooms", sa.Column("code", sa.Text(), nullable=True))
    op.add_column(
        "rooms", sa.Column("kind", sa.Text(), server_default=sa.text("'coupon'"), nullable=False)
    )
    op.execute(
        "UPDATE rooms SET id = coupon_id, code = coupons.code FROM coupons"
        " WHERE coupons.id = coupon_id"
    )
    op.alter_column("rooms", "id", nullable=False)
    op.alter_column("rooms", "code", nullable=False)
    op.drop_constraint("rooms_coupon_id_fkey", "rooms")
    op.drop_constraint("rooms_pkey", "rooms")
    op.create_primary_key("rooms_pkey", "rooms", ["id"])
    op.create_unique_constraint("one_room_per_code", "rooms", ["code"])
    op.create_unique_constraint("one_room_per_coupon", "rooms", ["coupon_id"])
    op.alter_column("rooms", "coupon_id", nullable=True)
    op.create_check_constraint("known_kind", "rooms", "kind IN ('coupon')")
    op.create_check_constraint(
        "room_of_coupon_has_its_id",
        "rooms",
        "kind <> 'coupon' OR coupon_id IS NOT DISTINCT FROM id",
    )


def downgrade() -> None:
    op.execute(_LOCK)
    op.execute("DROP TRIGGER identify_room_of_release_before ON rooms")
    op.execute("DROP FUNCTION identify_room()")
    op.drop_column("coupons", "room_id")
    for table in _OF_ROOMS:
        op.drop_constraint(f"{table}_room_fkey", table)
    op.drop_constraint("room_of_coupon_has_its_id", "rooms")
    op.drop_constraint("known_kind", "rooms")
    op.drop_constraint("one_room_per_coupon", "rooms")
    op.drop_constraint("rooms_pkey", "rooms")
    for name in ("kind", "code", "id"):
        op.drop_column("rooms", name)
    op.create_primary_key("rooms_pkey", "rooms", ["coupon_id"])
    for table in ("rooms", *_OF_ROOMS, *_UNCHECKED):
        op.create_foreign_key(f"{table}_coupon_id_fkey", table, "coupons", ["coupon_id"], ["id"])
