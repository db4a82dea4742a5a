"""Migrations: rooms that were there before get what new ones have, and lose nothing."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from domain.branding import PLAIN
from domain.draw import SEED_BYTES
from domain.room_settings import RoomSettings
from domain.settings_spec import ROOM_SETTINGS
from issuance import migrate as migrating
from issuance import offers
from issuance.errors import SchemaBusy
from issuance.issued_coupons import list_holders
from issuance.migrate import migrate
from issuance.postgres.engine import open_engine
from tests.integration.cast import now
from tests.servers import drop_database, fresh_database

FIRST = "0001"


def offer_as_the_first_version(engine, code: str) -> None:
    """It names the columns that it knows."""
    given = {"id": uuid4(), "code": code, "opens": now(), "ends": now() + timedelta(days=1)}
    with engine.begin() as tx:
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


@pytest.fixture
def first_schema(servers):
    """A database as the first version left it, with a room in it."""
    name = f"waitroom_old_{uuid4().hex[:8]}"
    engine = open_engine(fresh_database(servers.database_url, name), connections_max=2, name="test")
    migrate(engine, FIRST)
    for code in ("spring", "summer"):
        offer_as_the_first_version(engine, code)
    yield engine
    engine.dispose()
    drop_database(servers.database_url, name)


def test_a_room_of_the_first_version_has_the_settings_of_a_new_one_and_a_seed_of_its_own(
    first_schema,
):
    migrate(first_schema)

    spring, summer = (offers.get_offer(first_schema, code) for code in ("spring", "summer"))
    kept = RoomSettings(rate_per_s=12.5, burst=3, seats=40, size_max=500, state="paused")
    assert spring.settings == summer.settings == kept
    assert len(spring.room.seed) == len(summer.room.seed) == SEED_BYTES
    assert spring.room.seed != summer.room.seed
    assert spring.branding == PLAIN
    assert spring.drawn is None


def test_a_process_of_the_first_version_issues_and_turns_rooms_after_the_schema_has_changed(
    first_schema,
):
    migrate(first_schema)

    with first_schema.begin() as tx:
        tx.execute(text("UPDATE coupons SET used_count = used_count + 1 WHERE code = 'spring'"))
        tx.execute(text("UPDATE rooms SET rate_per_s = 25"))
        tx.execute(
            text(
                "INSERT INTO issued_coupons (id, coupon_id, member_id, status, issued_at,"
                " expire_date) SELECT :id, id, 'alice', 'UNUSED', now(), expire_date"
                " FROM coupons WHERE code = 'spring'"
            ),
            {"id": uuid4()},
        )

    assert offers.get_offer(first_schema, "summer").settings.rate_per_s == 25
    assert offers.get_offer(first_schema, "spring").coupon.inventory.used_count == 1
    assert list_holders(first_schema, "spring") == ["alice"]


def test_a_migration_that_waits_for_a_table_lets_others_through_and_is_done_once_it_is_free(
    first_schema, monkeypatch
):
    monkeypatch.setattr(migrating, "LOCK_WAIT_S", 0.3)
    monkeypatch.setattr(migrating, "REST_S", 0.1)
    migration = open_engine(
        first_schema.url.render_as_string(hide_password=False), connections_max=1, name="migration"
    )
    with ThreadPoolExecutor() as pool, first_schema.connect() as reader:
        reader.execute(text("SELECT * FROM rooms"))  # and its transaction goes on
        waiting = pool.submit(migrate, migration)
        with first_schema.connect() as another:
            another.execute(text("SET lock_timeout = '20s'"))
            for _ in range(10):
                another.execute(text("SELECT * FROM rooms"))
                another.rollback()
                time.sleep(0.05)
        was_done = waiting.done()
        reader.rollback()
        waiting.result(30)
    migration.dispose()

    assert not was_done
    assert offers.get_offer(first_schema, "spring").room is not None


def test_a_table_that_is_never_free_is_said_and_nothing_is_changed(first_schema, monkeypatch):
    monkeypatch.setattr(migrating, "LOCK_WAIT_S", 0.05)
    monkeypatch.setattr(migrating, "REST_S", 0.01)
    monkeypatch.setattr(migrating, "TRIES", 2)
    with first_schema.connect() as reader:
        reader.execute(text("SELECT * FROM rooms"))
        with pytest.raises(SchemaBusy):
            migrate(first_schema)
        revision = reader.execute(
            text("SELECT version_num FROM waitroom_schema_version")
        ).scalar_one()

    assert revision == FIRST


def test_each_room_setting_has_its_column_with_its_type_default_and_choices(engine):
    types = {float: "double precision", int: "integer", str: "text"}

    with engine.begin() as tx:
        columns = {
            row.column_name: (row.data_type, row.is_nullable)
            for row in tx.execute(
                text(
                    "SELECT column_name, data_type, is_nullable FROM information_schema.columns"
                    " WHERE table_name = 'rooms'"
                )
            )
        }
        checks = dict(
            tx.execute(
                text(
                    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
                    " WHERE conrelid = 'rooms'::regclass AND contype = 'c'"
                )
            ).all()
        )

    for setting in ROOM_SETTINGS:
        assert columns[setting.name] == (types[setting.type], "NO")
        if setting.choices:
            allowed = re.findall(r"'(\w+)'::text", checks[f"known_{setting.name}"])
            assert allowed == list(setting.choices)


def test_a_room_of_a_release_that_knows_no_settings_has_the_default_of_each(engine):
    given = {"id": uuid4(), "opens": now(), "ends": now() + timedelta(days=1)}

    with engine.begin() as tx:
        tx.execute(
            text(
                "INSERT INTO coupons (id, code, description, discount_kind, discount_value,"
                " total_count, opens_at, expire_date, issuing)"
                " VALUES (:id, 'spring', 'x', 'amount', 5, 10, :opens, :ends, 'queue')"
            ),
            given,
        )
        tx.execute(
            text("INSERT INTO rooms (coupon_id, draw_seed) VALUES (:id, :seed)"),
            {**given, "seed": bytes(SEED_BYTES)},
        )

    assert offers.get_offer(engine, "spring").settings == RoomSettings()
