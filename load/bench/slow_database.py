"""A database that is slower by a known amount: a trigger sleeps for each row that is issued.

The sleep is in the issuing transaction and under the coupon's lock, as a slow disk's would be, and
the product's own processes run as they are.
"""

from __future__ import annotations

from sqlalchemy import Engine, text

_SET_UP = """
CREATE TABLE slowness (ms_per_row double precision NOT NULL);
INSERT INTO slowness VALUES (0);
CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_sleep((SELECT count(*) FROM new_rows) * (SELECT ms_per_row FROM slowness) / 1000);
  RETURN NULL;
END $$;
CREATE TRIGGER dawdle AFTER INSERT ON issued_coupons
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dawdle();
"""


def make_slowable(engine: Engine) -> None:
    """Prepare the trigger; it adds no delay until `slow_down`."""
    with engine.begin() as tx:
        tx.execute(text(_SET_UP))


def slow_down(engine: Engine, ms_per_row: float) -> None:
    """From the next transaction on; 0 makes it fast again."""
    with engine.begin() as tx:
        tx.execute(text("UPDATE slowness SET ms_per_row = :ms"), {"ms": ms_per_row})
