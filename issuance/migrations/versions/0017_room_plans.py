"""Give rooms a stage, an archive, rehearsals and rate steps."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Rooms that are there, and those that the release before makes, are published.
    op.add_column(
        "rooms",
        sa.Column("stage", sa.Text(), server_default=sa.text("'published'"), nullable=False),
    )
    op.add_column("rooms", sa.Column("rehearses", sa.Uuid(), nullable=True))
    op.add_column("rooms", sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "rooms", sa.Column("rate_steps", JSONB(), server_default=sa.text("'[]'"), nullable=False)
    )
    op.add_column("rooms", sa.Column("next_step_at", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key(None, "rooms", "rooms", ["rehearses"], ["id"])
    op.create_check_constraint(
        "known_stage", "rooms", "stage IN ('draft', 'rehearsal', 'published')"
    )
    op.create_check_constraint(
        "rehearsal_of_a_room", "rooms", "(stage = 'rehearsal') = (rehearses IS NOT NULL)"
    )
    op.create_index(
        "one_rehearsal_at_once",
        "rooms",
        ["rehearses"],
        unique=True,
        postgresql_where=sa.text("archived_at IS NULL"),
    )
    op.create_index(
        "rate_steps_to_apply",
        "rooms",
        ["next_step_at"],
        postgresql_where=sa.text("next_step_at IS NOT NULL"),
    )


def downgrade() -> None:
    # The release before would show drafts to members, and open rehearsals to them.
    op.execute("UPDATE rooms SET state = 'closed' WHERE stage <> 'published'")
    op.drop_index("rate_steps_to_apply", "rooms")
    op.drop_index("one_rehearsal_at_once", "rooms")
    op.drop_constraint("rehearsal_of_a_room", "rooms")
    op.drop_constraint("known_stage", "rooms")
    for name in ("next_step_at", "rate_steps", "archived_at", "rehearses", "stage"):
        op.drop_column("rooms", name)
