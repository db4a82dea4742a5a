"""Give issued coupons a short code, and brandings the shop's address for coupons."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# Crockford's base32. A UUID's other bytes are not all random. Processes of the release before
# insert rows without a code; `migrate` fills rows that are there, in parts.
_MAKE = """
CREATE FUNCTION make_short_code() RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT string_agg(
    substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', 1 + (get_byte(random.bytes, place) & 31), 1), ''
  )
  FROM (SELECT uuid_send(gen_random_uuid()) AS bytes OFFSET 0) AS random,
    unnest(ARRAY[0, 1, 2, 3, 4, 5, 9, 10]) AS place
$$
"""


def upgrade() -> None:
    op.execute(_MAKE)
    op.add_column("issued_coupons", sa.Column("short_code", sa.Text(), nullable=True))
    op.alter_column("issued_coupons", "short_code", server_default=sa.text("make_short_code()"))
    op.create_unique_constraint("one_short_code", "issued_coupons", ["short_code"])
    op.create_index(
        "issued_coupons_without_code",
        "issued_coupons",
        ["id"],
        postgresql_where=sa.text("short_code IS NULL"),
    )
    op.add_column(
        "brandings",
        sa.Column("return_url", sa.Text(), server_default=sa.text("''"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("brandings", "return_url")
    op.drop_column("issued_coupons", "short_code")
    op.execute("DROP FUNCTION make_short_code()")
