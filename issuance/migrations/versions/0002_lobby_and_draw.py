"""Add lobby, opening, grace and return settings, the draw's seed, and the table draws."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Existing rooms get the defaults, and each a seed of its own.
_NEW = (
    ("lobby_s", sa.Integer(), "900"),
    ("opening", sa.Text(), "'first_come'"),
    ("grace_s", sa.Integer(), "300"),
    ("return_s", sa.Integer(), "600"),
    (
        "draw_seed",
        sa.LargeBinary(),
        "decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')",
    ),
)


def upgrade() -> None:
    for name, kind, default in _NEW:
        op.add_column(
            "rooms", sa.Column(name, kind, nullable=False, server_default=sa.text(default))
        )
        op.alter_column("rooms", name, server_default=None)
    op.create_check_constraint("known_opening", "rooms", "opening IN ('first_come', 'draw')")
    op.create_check_constraint("whole_seed", "rooms", "length(draw_seed) = 32")
    op.create_table(
        "draws",
        sa.Column("coupon_id", sa.Uuid(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entrants_count", sa.Integer(), nullable=False),
        sa.Column("entrants_sha256", sa.Text(), nullable=False),
        sa.Column("entrants", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["coupon_id"], ["coupons.id"]),
        sa.PrimaryKeyConstraint("coupon_id"),
    )


def downgrade() -> None:
    op.drop_table("draws")
    op.drop_constraint("whole_seed", "rooms")
    op.drop_constraint("known_opening", "rooms")
    for name, _, _ in reversed(_NEW):
        op.drop_column("rooms", name)
