"""Allow the room state "draining"."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint("known_state", "rooms")
    op.create_check_constraint(
        "known_state", "rooms", "state IN ('open', 'paused', 'draining', 'closed')"
    )


def downgrade() -> None:
    op.drop_constraint("known_state", "rooms")
    # Not "open": that would let new members enter. Waiting members wait until an admin opens it.
    op.execute("UPDATE rooms SET state = 'paused' WHERE state = 'draining'")
    op.create_check_constraint("known_state", "rooms", "state IN ('open', 'paused', 'closed')")
