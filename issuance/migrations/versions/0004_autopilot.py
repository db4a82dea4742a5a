"""Add the autopilot's settings to rooms."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COLUMNS: tuple[tuple[str, sa.types.TypeEngine[Any], str], ...] = (
    ("rate_mode", sa.Text(), "'manual'"),
    ("rate_min_per_s", sa.Double(), "1"),
    ("rate_max_per_s", sa.Double(), "1000"),
    ("latency_bound_ms", sa.Integer(), "250"),
)


def upgrade() -> None:
    for name, kind, default in COLUMNS:
        op.add_column(
            "rooms", sa.Column(name, kind, server_default=sa.text(default), nullable=False)
        )
    op.create_check_constraint("known_rate_mode", "rooms", "rate_mode IN ('manual', 'autopilot')")


def downgrade() -> None:
    op.drop_constraint("known_rate_mode", "rooms")
    for name, _, _ in COLUMNS:
        op.drop_column("rooms", name)
