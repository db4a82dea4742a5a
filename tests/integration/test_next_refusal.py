"""What an admin learns of a member's next request is what that request gets."""

from __future__ import annotations

import asyncio

import pytest
from redis import Redis

from application.member_report import look_up_member
from cli.member import sentence_of
from tests.integration.cast import HOUR, in_force, now
from tests.integration.web_cast import by, in_line
from waitroom.redis_io.keys import Keys


@pytest.mark.parametrize(
    ("changes", "refused_with"),
    [
        ({}, None),
        ({"state": "draining"}, None),
        ({"state": "draining", "return_s": 0}, "draining"),
        ({"state": "closed"}, "closed"),
        ({"used_count": 1_000}, "sold_out"),
    ],
    ids=["open", "draining, in time", "draining, too late", "closed", "sold out"],
)
async def test_who_was_passed_over_is_told_what_coming_back_gives(
    line, engine, code, client, gone_silent, changes, refused_with
):
    await in_line(line, engine, code)
    await line.enter(code, "alice")
    await line.enter(code, "bob")
    gone_silent("alice")
    await line.place(code, "bob")
    await line.admit(code, at_most=1, lease_s=15)
    await in_force(line, code, version=100, **changes)

    found = await look_up_member(line, engine, asyncio.to_thread, code, "alice")
    came_back = (await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))).json()

    assert (found.state, found.next_refusal) == ("passed_over", refused_with)
    assert ("brings them back" in sentence_of(found)) == (refused_with is None)
    assert came_back["type" if refused_with else "state"] == (refused_with or "waiting")


async def test_a_room_of_a_release_that_knew_no_lobby_has_the_usual_one(
    line, engine, code, client, redis_url
):
    opens_at = now() + HOUR / 6
    await in_line(line, engine, code, opens_at=opens_at, expire_date=opens_at + HOUR)
    with Redis.from_url(redis_url) as redis:
        redis.hdel(Keys(code).room, "lobby_s")

    found = await look_up_member(line, engine, asyncio.to_thread, code, "alice")
    entered = await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    assert entered.status_code == 202
    assert found.next_refusal is None
