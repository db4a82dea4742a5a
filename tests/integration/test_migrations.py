"""Migrations: rooms that were there before get what new ones have, and lose nothing."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from domain.draw import SEED_BYTES
from domain.room_settings import RoomSettings
from issuance import catalogue
from issuance.database import open_engine
from issuance.migrate import migrate
from tests.integration.cast import now
from tests.servers import drop_database, fresh_database

FIRST = "0001"


@pytest.fixture
def first_schema(servers):
    """A database as the first version left it, with a room in it."""
    name = f"waitroom_old_{uuid4().hex[:8]}"
    engine = open_engine(fresh_database(servers.database_url, name), connections_max=2, name="test")
    migrate(engine, FIRST)
    with engine.begin() as tx:
        for code in ("spring", "summer"):
            given = {"id": uuid4(), "code": code, "opens": now(), "ends": now() + timedelta(days=1)}
            tx.execute(
                text(
                    "INSERT INTO coupons (id, code, description, discount_kind, discount_value,"
                    " total_count, opens_at, expire_date, issuing)"
                    " VALUES (:id, :code, 'x', 'amount', 5, 10, :opens, :ends, 'queue')"
                ),
                given,
            )
            tx.execute(
                text(
                    "INSERT INTO rooms (coupon_id, rate_per_s, burst, seats, size_max, state)"
                    " VALUES (:id, 12.5, 3, 40, 500, 'paused')"
                ),
                given,
            )
    yield engine
    engine.dispose()
    drop_database(servers.database_url, name)


def test_a_room_of_the_first_version_has_the_settings_of_a_new_one_and_a_seed_of_its_own(
    first_schema,
):
    migrate(first_schema)

    spring, summer = (catalogue.offer(first_schema, code) for code in ("spring", "summer"))
    kept = RoomSettings(rate_per_s=12.5, burst=3, seats=40, size_max=500, state="paused")
    assert spring.room == summer.room == kept
    assert len(spring.seed) == len(summer.seed) == SEED_BYTES
    assert spring.seed != summer.seed
    assert spring.branding.is_plain
    assert spring.drawn is None
