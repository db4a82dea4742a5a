"""Add rooms.challenge."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "rooms",
        sa.Column("challenge", sa.Text(), server_default=sa.text("'off'"), nullable=False),
    )
    op.create_check_constraint("known_challenge", "rooms", "challenge IN ('off', 'on')")


def downgrade() -> None:
    op.drop_constraint("known_challenge", "rooms")
    op.drop_column("rooms", "challenge")
