"""What the release before wrote is read, gone on with and carried out by this one.

`tests/release_before/written.json` holds it, as `capture.py` beside it captured it there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from redis import Redis

from application.apply_settings import apply_settings
from application.destinations.coupon.rooms import CouponRooms
from application.recover_line import recover_line
from domain.admin import Admin
from issuance.admins import add
from issuance.issue import issue
from issuance.issued_coupons import list_holders
from tests.house import eventually
from tests.integration.cast import now, on_offer
from tests.integration.line_cast import admit, forget_room, kinds, places
from tests.integration.web_cast import app_with, client_of
from tests.release_before.capture import (
    DRAW,
    FAR,
    MEMBER_SECRET,
    MEMBERS,
    QUEUE,
    ROOM,
    TICKET_SECRET,
)
from waitroom.redis_io.keys import ROOMS
from waitroom.tokens.ticket import TicketSigner
from web.auth.admin_sessions import AdminSessions
from web.auth.member_tokens import MemberTokens, Visitor
from web.auth.sessions import Sessions

WRITTEN = json.loads((Path(__file__).parents[1] / "release_before" / "written.json").read_text())
LINE, DRAWN, SIGNED = WRITTEN["rooms"][ROOM], WRITTEN["rooms"][DRAW], WRITTEN["signed"]
# What was signed when it was captured is to be good for as long as there are tests.
FOR_EVER_S = 100 * 365 * 24 * 3600
SESSIONS = Sessions([TICKET_SECRET], old_secrets=[MEMBER_SECRET], age_max_s=FOR_EVER_S)


def put(redis: Redis, key: str, kind: str, value: Any) -> None:
    """Write this key as it was; JSON holds bytes as as many letters."""

    def raw(text: Any) -> Any:
        return text.encode("latin-1") if isinstance(text, str) else text

    if kind == "hash":
        redis.hset(key, mapping={raw(name): raw(one) for name, one in value.items()})
    elif kind == "zset":
        redis.zadd(key, {raw(member): score for member, score in value})
    elif kind == "list":
        redis.rpush(key, *map(raw, value))
    elif kind == "set":
        redis.sadd(key, *map(raw, value))
    else:
        redis.set(key, raw(value))


@pytest.fixture
def written(redis_url: str) -> Iterator[None]:
    """Redis as the release before left it."""

    def forget(redis: Redis) -> None:
        redis.delete(*(key for key in WRITTEN["redis"] if key != "rq:queues"))
        redis.srem("rq:queues", f"rq:queue:{QUEUE}")
        for code in (ROOM, DRAW):
            forget_room(redis_url, code)

    with Redis.from_url(redis_url) as redis:
        forget(redis)
        for key, one in WRITTEN["redis"].items():
            put(redis, key, one["type"], one["value"])
        redis.sadd(ROOMS, ROOM, DRAW)
        yield
        forget(redis)


@pytest.fixture
def offered(engine):
    """The coupon, and who holds one, in Postgres."""
    offer = on_offer(engine, ROOM, 4, id=UUID(LINE["coupon_id"]), expire_date=FAR)
    issue(engine, ROOM, ["alice"], now())
    return offer


@pytest.fixture
async def client(parts):
    app = app_with(
        parts,
        identity=MemberTokens([MEMBER_SECRET], ""),
        sessions=SESSIONS,
        tickets=TicketSigner([TICKET_SECRET], age_max_s=FOR_EVER_S),
        admins=AdminSessions([TICKET_SECRET], age_max_s=FOR_EVER_S),
    )
    async with client_of(app) as opened:
        yield opened


async def test_everybody_stands_where_they_stood(written, line):
    standings = dict(zip(MEMBERS, await places(line, ROOM, MEMBERS), strict=True))

    assert {member: one.kind for member, one in standings.items()} == LINE["kinds"]
    assert {member: one.arrival_us for member, one in standings.items()} == LINE["arrivals_us"]
    assert [standings[member].ahead for member in ("carol", "dave")] == [0, 1]


async def test_the_line_goes_on_in_its_order_and_newcomers_stand_behind(written, line):
    await line.enter(ROOM, "a-newcomer")
    again = await line.enter(ROOM, "carol")

    admission = await admit(line, ROOM)

    assert again.arrival_us == LINE["arrivals_us"]["carol"]
    assert admission.members == ("carol", "dave")  # of four, one is gone and one is under way
    assert await kinds(line, ROOM, ["a-newcomer"]) == ["waiting"]


async def test_the_order_that_was_drawn_stays(written, line):
    await line.enter(DRAW, "a-latecomer")
    standings = await places(line, DRAW, [*DRAWN["order"], "a-latecomer"])

    admission = await admit(line, DRAW)

    assert [one.ahead for one in standings] == list(range(9))
    assert list(admission.members) == DRAWN["order"][:4]


def test_a_job_that_was_queued_is_done_and_those_under_way_get_theirs(
    written, house, engine, offered
):
    house.environ |= {"QUEUE_NAME": QUEUE, "TICKET_SECRETS": TICKET_SECRET}
    house.start_web()
    house.start("worker")
    place = f"/api/rooms/{ROOM}/place"

    # Without an admitter: nobody else feeds the job's member again.
    eventually(lambda: sorted(list_holders(engine, ROOM)) == ["alice", "bob"])
    eventually(lambda: house.member("GET", place, "bob")[1]["state"] == "issued")
    house.start("admitter")
    eventually(lambda: sorted(list_holders(engine, ROOM)) == ["alice", "bob", "carol", "dave"])
    eventually(lambda: house.member("GET", place, "dave")[1]["state"] == "issued")

    told = house.member("GET", place, "alice")[1]["issued_coupon"]
    kept = WRITTEN["redis"][f"waitroom:{{{ROOM}}}:outcomes"]["value"]["alice"]
    assert told["id"] == json.loads(kept.partition(" ")[2])["id"]


@pytest.mark.parametrize("member", ["alice", "bob", "carol", "dave"])
async def test_a_ticket_asks_for_its_place(written, client, member):
    headers = {"Waitroom-Ticket": SIGNED["tickets"][ROOM][member]}

    answer = await client.get(f"/api/rooms/{ROOM}/place", headers=headers)

    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == LINE["kinds"][member]


@pytest.mark.parametrize("member", DRAWN["order"])
async def test_a_ticket_that_was_given_before_the_draw_asks_for_its_place(written, client, member):
    headers = {"Waitroom-Ticket": SIGNED["tickets"][DRAW][member]}

    answer = await client.get(f"/api/rooms/{DRAW}/place", headers=headers)

    assert answer.status_code == 200, answer.text
    assert answer.json()["ahead"] == DRAWN["order"].index(member)


async def test_tickets_bring_a_line_back_that_was_lost(
    written, line, engine, client, offered, redis_url
):
    forget_room(redis_url, ROOM)
    for _ in range(2):
        await apply_settings(line, offered)
        await recover_line(line, engine, offered.room, CouponRooms(engine, line))
    await line.enter(ROOM, "a-newcomer")

    for member in ("dave", "carol"):
        headers = {"Waitroom-Ticket": SIGNED["tickets"][ROOM][member]}
        answer = await client.get(f"/api/rooms/{ROOM}/place", headers=headers)
        assert answer.status_code == 200, answer.text

    waiting = await places(line, ROOM, ["carol", "dave", "a-newcomer"])
    assert [one.ahead for one in waiting] == [0, 1, 2]


async def test_a_member_token_and_a_session_still_sign_in(written, client, offered):
    token = {"Authorization": f"Bearer {SIGNED['token']}"}
    session = {"Cookie": f"session={SIGNED['session']}"}

    for headers in (token, session):
        mine = await client.get("/api/me/coupons", headers=headers)
        entered = await client.post(f"/api/rooms/{ROOM}/enter", headers=headers)

        assert (mine.status_code, entered.status_code) == (200, 200), mine.text
        assert [one["member_id"] for one in mine.json()] == ["alice"]
        assert entered.json()["state"] == "issued"


def test_a_session_says_the_same_name():
    assert SESSIONS.verify_old(SIGNED["session"]) == Visitor("alice", "Alice")


async def test_an_admins_session_still_signs_in(client, engine):
    add(engine, Admin("ada", "operator"), "a hash", who="test", now=now())

    answer = await client.get(
        "/api/admin/audit", headers={"Cookie": f"admin_session={SIGNED['admin_session']}"}
    )

    assert answer.status_code == 200
