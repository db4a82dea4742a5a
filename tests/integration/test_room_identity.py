"""Rooms have an id, a code and a kind of their own, beside processes of the release before."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from domain.branding import PLAIN, Branding
from domain.draw import SEED_BYTES
from domain.room import Room
from domain.room_settings import RoomSettings
from domain.spent_ticket import SpentTicket
from domain.watermark import Watermark
from issuance import offers
from issuance.brandings import change_branding
from issuance.draws import save_draw
from issuance.errors import CodeTaken, NoSuchCoupon
from issuance.migrate import migrate
from issuance.postgres.engine import open_engine
from issuance.spent_tickets import list_spent_after, save_spent_tickets
from issuance.tables import VERSION_TABLE, metadata
from issuance.watermarks import save_watermark
from tests.integration.cast import a_coupon, now, on_offer
from tests.servers import drop_database, fresh_database

BEFORE = "0012"
DRAWN_AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
MARK = Watermark(3_000, 20, 30)
LEFT = SpentTicket("dave", 10, 3_000)
BRAND = Branding(name="Tea shop", colour="#0c6a56", message="Hello")

# The statements of the release before.
INSERT_COUPON = (
    "INSERT INTO coupons (id, code, description, discount_kind, discount_value, total_count,"
    " opens_at, expire_date, issuing)"
    " VALUES (:id, :code, 'x', 'amount', 5, 10, :opens, :ends, :issuing)"
)
INSERT_ROOM = "INSERT INTO rooms (coupon_id, draw_seed, rate_per_s) VALUES (:id, :seed, 12.5)"
INSERT_DRAW = (
    "INSERT INTO draws (coupon_id, drawn_at, entrants_count, entrants_sha256, entrants)"
    " VALUES (:id, :drawn_at, 2, 'abc', '')"
)
UPSERT_BRANDING = (
    "INSERT INTO brandings (coupon_id, name, colour, message)"
    " VALUES (:id, 'Tea shop', '#0c6a56', 'Hello')"
    " ON CONFLICT (coupon_id) DO UPDATE SET name = 'Tea shop'"
)
UPSERT_WATERMARK = (
    "INSERT INTO watermarks (coupon_id, taken_at_us, spent_until, last_arrival_us)"
    " VALUES (:id, :taken_at_us, 20, 30) ON CONFLICT (coupon_id)"
    " DO UPDATE SET taken_at_us = :taken_at_us WHERE watermarks.taken_at_us < :taken_at_us"
)
UPSERT_SPENT = (
    "INSERT INTO spent_tickets (coupon_id, member_id, arrival, noted_at_us)"
    " VALUES (:id, 'dave', 10, :taken_at_us) ON CONFLICT (coupon_id, member_id)"
    " DO UPDATE SET noted_at_us = :taken_at_us"
)
READ_OFFER = (
    "SELECT coupons.code, rooms.rate_per_s, rooms.version, draws.entrants_count,"
    " brandings.name, watermarks.taken_at_us FROM coupons"
    " LEFT OUTER JOIN rooms ON rooms.coupon_id = coupons.id"
    " LEFT OUTER JOIN draws ON draws.coupon_id = coupons.id"
    " LEFT OUTER JOIN brandings ON brandings.coupon_id = coupons.id"
    " LEFT OUTER JOIN watermarks ON watermarks.coupon_id = coupons.id"
    " WHERE coupons.code = :code"
)


@contextmanager
def database_at(server_url: str, revision: str) -> Iterator[Engine]:
    """A database with the schema of that revision."""
    name = f"waitroom_before_{uuid4().hex[:8]}"
    engine = open_engine(fresh_database(server_url, name), connections_max=2, name="test")
    migrate(engine, revision)
    yield engine
    engine.dispose()
    drop_database(server_url, name)


@pytest.fixture
def schema_before(servers):
    with database_at(servers.database_url, BEFORE) as engine:
        yield engine


def insert_as_before(tx, code: str, issuing: str = "queue") -> UUID:
    """A coupon, and its room if it has one, as the release before creates them."""
    given = {
        "id": uuid4(), "code": code, "issuing": issuing, "seed": bytes(SEED_BYTES),
        "opens": now(), "ends": now() + timedelta(days=1),
    }  # fmt: skip
    tx.execute(text(INSERT_COUPON), given)
    if issuing == "queue":
        tx.execute(text(INSERT_ROOM), given)
    return given["id"]


def run_as_before(tx, coupon_id: UUID) -> None:
    """Store all that hangs on a room, twice where the release before stores it again."""
    given = {"id": coupon_id, "drawn_at": DRAWN_AT}
    tx.execute(text(INSERT_DRAW), given)
    for taken_at_us in (2_000, 3_000):
        for statement in (UPSERT_BRANDING, UPSERT_WATERMARK, UPSERT_SPENT):
            tx.execute(text(statement), {**given, "taken_at_us": taken_at_us})


def assert_complete(engine, room: Room) -> None:
    assert room.settings == RoomSettings(rate_per_s=12.5)
    assert (room.drawn.at, room.drawn.entrants_count) == (DRAWN_AT, 2)
    assert (room.branding, room.watermark) == (BRAND, MARK)
    assert list_spent_after(engine, room.id, "") == [LEFT]


def test_a_room_of_the_release_before_gets_an_identity_and_keeps_all_that_hangs_on_it(
    schema_before,
):
    with schema_before.begin() as tx:
        coupon_id = insert_as_before(tx, "spring")
        run_as_before(tx, coupon_id)
        direct_id = insert_as_before(tx, "direct", "pessimistic")
        tx.execute(text(UPSERT_BRANDING), {"id": direct_id})

    migrate(schema_before)

    room = offers.get_offer(schema_before, "spring").room
    assert room is not None
    assert (room.id, room.code, room.kind) == (coupon_id, "spring", "coupon")
    assert_complete(schema_before, room)
    direct = offers.get_offer(schema_before, "direct")
    assert (direct.room, direct.branding) == (None, PLAIN)


def test_a_room_that_the_release_before_creates_on_the_new_schema_has_an_identity(schema_before):
    migrate(schema_before)

    with schema_before.begin() as tx:
        coupon_id = insert_as_before(tx, "spring")
    with schema_before.begin() as tx:
        run_as_before(tx, coupon_id)

    room = offers.get_offer(schema_before, "spring").room
    assert room is not None
    assert (room.id, room.code, room.kind) == (coupon_id, "spring", "coupon")
    assert_complete(schema_before, room)


def test_the_release_before_reads_and_changes_a_room_that_this_one_creates(engine, code):
    room = RoomSettings(rate_per_s=12.5, opening="draw")
    made = on_offer(engine, code, room=room).room
    save_draw(engine, code, ["alice", "bob"], now())
    save_watermark(engine, made.id, MARK)
    save_spent_tickets(engine, made.id, [LEFT])
    change_branding(engine, code, {"name": "Tea shop"}, who="test", now=now())

    with engine.begin() as tx:
        found = tx.execute(text(READ_OFFER), {"code": code}).one()
        coupon_id = tx.execute(
            text("SELECT id FROM coupons WHERE code = :code"), {"code": code}
        ).scalar_one()
        left = tx.execute(
            text("SELECT member_id FROM spent_tickets WHERE coupon_id = :id"), {"id": coupon_id}
        ).scalar_one()
        tx.execute(
            text("UPDATE rooms SET rate_per_s = 25 WHERE coupon_id = :id"), {"id": coupon_id}
        )

    assert tuple(found) == (code, 12.5, 2, 2, "Tea shop", 3_000)
    assert left == "dave"
    assert offers.get_offer(engine, code).settings.rate_per_s == 25


def test_a_code_names_one_room_of_all_kinds(engine, code):
    on_offer(engine, code)
    another = {"id": uuid4(), "code": code, "seed": bytes(SEED_BYTES)}
    insert = "INSERT INTO rooms (id, coupon_id, code, draw_seed) VALUES (:id, :id, :code, :seed)"

    with pytest.raises(IntegrityError, match="one_room_per_code"), engine.begin() as tx:
        tx.execute(text(insert), another)
    with pytest.raises(CodeTaken):
        on_offer(engine, code)


def test_a_room_of_an_unknown_kind_is_not_stored(engine, code):
    unknown = {"id": uuid4(), "code": code, "seed": bytes(SEED_BYTES)}
    insert = "INSERT INTO rooms (id, code, kind, draw_seed) VALUES (:id, :code, 'ferry', :seed)"

    with pytest.raises(IntegrityError, match="known_kind"), engine.begin() as tx:
        tx.execute(text(insert), unknown)


def test_a_coupon_without_a_room_takes_no_branding(engine, code):
    direct = on_offer(engine, code, issuing="pessimistic")

    with pytest.raises(NoSuchCoupon):
        change_branding(engine, code, {"name": "Tea shop"}, who="test", now=now())

    assert direct.room is None


def test_a_coupon_that_is_not_created_leaves_no_room(engine, code):
    coupon = a_coupon(code)
    on_offer(engine, code)

    with pytest.raises(CodeTaken):
        offers.create_offer(engine, coupon, RoomSettings(), who="test", now=now())

    with engine.begin() as tx:
        count = tx.execute(
            text("SELECT count(*) FROM rooms WHERE id = :id"), {"id": coupon.id}
        ).scalar_one()
    assert count == 0


def test_the_tables_of_the_code_are_those_of_the_migrations(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        differences = compare_metadata(context, metadata)

    assert differences == []
