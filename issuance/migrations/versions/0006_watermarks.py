"""Create watermarks, and add rooms.restore_s."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "rooms", sa.Column("restore_s", sa.Integer(), server_default=sa.text("30"), nullable=False)
    )
    op.create_table(
        "watermarks",
        sa.Column("coupon_id", sa.Uuid(), nullable=False),
        sa.Column("taken_at_us", sa.BigInteger(), nullable=False),
        sa.Column("spent_until", sa.BigInteger(), nullable=False),
        sa.Column("last_arrival_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["coupon_id"], ["coupons.id"]),
        sa.PrimaryKeyConstraint("coupon_id"),
    )


def downgrade() -> None:
    op.drop_table("watermarks")
    op.drop_column("rooms", "restore_s")
