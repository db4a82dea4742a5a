"""The crowd never touches Postgres: what it asks for is counted, statement by statement."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event

from tests.integration.cast import on_offer
from tests.integration.web_cast import by, client_of, in_line, token
from web.app import create_app

CROWD = [f"member-{n}" for n in range(200)]


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Every statement that this engine sends meanwhile."""
    statements: list[str] = []

    def count(_connection, _cursor, statement, *_: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", count)


async def test_entering_and_asking_for_a_place_send_nothing_to_postgres(client, line, engine, code):
    await in_line(line, engine, code, total=1_000)

    with counted(engine) as statements:
        entered = await asyncio.gather(
            *(client.post(f"/api/rooms/{code}/enter", headers=by(one)) for one in CROWD)
        )
        asked = await asyncio.gather(
            *(client.get(f"/api/rooms/{code}/place", headers=by(one)) for one in CROWD)
        )

    assert statements == []
    assert {one.status_code for one in entered} == {202}
    assert sorted(one.json()["place"] for one in asked) == list(range(1, 201))


async def test_pages_that_poll_read_the_catalogue_once_a_second_however_many(
    app, line, engine, code
):
    await in_line(line, engine, code, total=1_000)
    alice = await signed_in(app)
    await alice.post(f"/rooms/{code}/enter")
    began = time.monotonic()

    with counted(engine) as statements:
        answers = await asyncio.gather(
            *(alice.get(f"/rooms/{code}/place") for _ in range(200)),
            *(alice.get(path) for path in ["/", f"/coupons/{code}", f"/rooms/{code}"] * 20),
            *(alice.get("/api/coupons") for _ in range(50)),
        )
    seconds = time.monotonic() - began
    await alice.aclose()

    assert {one.status_code for one in answers} == {200}
    assert len(statements) <= 1 + seconds
    assert all(statement.startswith("SELECT coupons.") for statement in statements)


async def signed_in(app):
    client = client_of(app)
    await client.get("/signin", params={"token": token("alice")})
    return client


async def test_asking_for_what_there_is_not_sends_little_to_postgres(client, engine):
    with counted(engine) as statements:
        began = time.monotonic()
        answers = [
            await client.post(f"/api/rooms/room-{n}/enter", headers=by("alice")) for n in range(100)
        ]
        seconds = time.monotonic() - began

    assert {one.status_code for one in answers} == {404}
    # Each list of rooms is read once a second, however many ask.
    assert max(Counter(statements).values()) <= 1 + seconds


async def test_direct_issuing_never_holds_more_connections_than_it_may(parts, engine, code):
    on_offer(engine, code, total=1_000, issuing="pessimistic")
    app = create_app(parts)
    limit = app.state.parts.limits.db_connections
    most = 0

    def checked_out(*_: object) -> None:
        nonlocal most
        most = max(most, engine.pool.checkedout())

    event.listen(engine, "before_cursor_execute", checked_out)
    async with client_of(app) as client:
        answers = await asyncio.gather(
            *(client.post(f"/api/coupons/{code}/issue", headers=by(one)) for one in CROWD[:100])
        )
    event.remove(engine, "before_cursor_execute", checked_out)

    assert {one.status_code for one in answers} == {201}
    assert most <= limit == 4
