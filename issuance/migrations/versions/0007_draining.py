"""a line may drain: nobody new, and who stands in it is served"""

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
    # Nobody new may enter either way; who stands in line goes on waiting until somebody opens it.
    op.execute("UPDATE rooms SET state = 'paused' WHERE state = 'draining'")
    op.create_check_constraint("known_state", "rooms", "state IN ('open', 'paused', 'closed')")
