"""Create deployment, with a new id."""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    made = op.create_table(
        "deployment",
        sa.Column("singleton", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("singleton", name="one_deployment"),
        sa.CheckConstraint("singleton", name="only_one_deployment"),
    )
    op.execute(sa.insert(made).values(id=uuid4()))


def downgrade() -> None:
    op.drop_table("deployment")
