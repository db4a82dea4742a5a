"""Add server defaults to the older settings of rooms."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

DEFAULTS = (
    ("rate_per_s", "100"),
    ("burst", "100"),
    ("seats", "2000"),
    ("size_max", "1000000"),
    ("state", "'open'"),
    ("lobby_s", "900"),
    ("opening", "'first_come'"),
    ("grace_s", "300"),
    ("return_s", "600"),
)


def upgrade() -> None:
    for name, default in DEFAULTS:
        op.alter_column("rooms", name, server_default=sa.text(default))


def downgrade() -> None:
    for name, _ in DEFAULTS:
        op.alter_column("rooms", name, server_default=None)
