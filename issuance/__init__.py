"""The coupon office: Postgres is the truth, and this is the only code that speaks to it."""
