"""Create audit, coupons, issued_coupons and rooms."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("before", JSONB(), nullable=True),
        sa.Column("after", JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("audit_of_subject", "audit", ["subject", "at"], unique=False)
    op.create_table(
        "coupons",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("discount_kind", sa.Text(), nullable=False),
        sa.Column("discount_value", sa.Integer(), nullable=False),
        sa.Column("discount_cap", sa.Integer(), nullable=True),
        sa.Column("total_count", sa.Integer(), nullable=False),
        sa.Column("used_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expire_date", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issuing", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("opens_at < expire_date", name="opens_before_it_ends"),
        sa.CheckConstraint("used_count BETWEEN 0 AND total_count", name="never_over_issue"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code", name="one_coupon_per_code"),
    )
    op.create_table(
        "issued_coupons",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("coupon_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expire_date", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(status = 'USED') = (used_at IS NOT NULL)", name="used_has_a_time"),
        sa.CheckConstraint("status IN ('UNUSED', 'USED', 'EXPIRED')", name="known_status"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("coupon_id", "member_id", name="one_per_member"),
    )
    op.create_index("issued_coupons_of_member", "issued_coupons", ["member_id"], unique=False)
    op.create_index(
        "issued_coupons_to_expire",
        "issued_coupons",
        ["expire_date"],
        unique=False,
        postgresql_where=sa.text("status = 'UNUSED'"),
    )
    op.create_table(
        "rooms",
        sa.Column("coupon_id", sa.Uuid(), nullable=False),
        sa.Column("rate_per_s", sa.Double(), nullable=False),
        sa.Column("burst", sa.Integer(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("size_max", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("state IN ('open', 'paused', 'closed')", name="known_state"),
        sa.ForeignKeyConstraint(
            ["coupon_id"],
            ["coupons.id"],
        ),
        sa.PrimaryKeyConstraint("coupon_id"),
    )


def downgrade() -> None:
    op.drop_table("rooms")
    op.drop_index(
        "issued_coupons_to_expire",
        table_name="issued_coupons",
        postgresql_where=sa.text("status = 'UNUSED'"),
    )
    op.drop_index("issued_coupons_of_member", table_name="issued_coupons")
    op.drop_table("issued_coupons")
    op.drop_table("coupons")
    op.drop_index("audit_of_subject", table_name="audit")
    op.drop_table("audit")
