"""Store what happens in each room, minute by minute."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_COUNTS = ("entered", "admitted", "issued", "refused", "turned_away", "left")


def upgrade() -> None:
    op.create_table(
        "minutes",
        sa.Column("room_id", sa.Uuid(), sa.ForeignKey("rooms.id"), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting_max", sa.Integer()),
        sa.Column("waiting", sa.Integer()),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _COUNTS),
        sa.PrimaryKeyConstraint("room_id", "begins_at", name="one_row_a_minute"),
    )
    op.create_index("minutes_to_forget", "minutes", ["begins_at"])


def downgrade() -> None:
    op.drop_table("minutes")
