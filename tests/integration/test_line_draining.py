"""Draining: nobody new takes a place, and nobody who has one is refused."""

import pytest

from tests.integration.cast import HOUR, in_force, now
from tests.integration.line_cast import (
    admit,
    enter,
    issue,
    kinds,
    places,
    refuse,
)

GRACE_S = 300


async def drained(line, code, version=2, **changes):
    return await in_force(line, code, version=version, state="draining", **changes)


async def test_nobody_new_gets_in_and_who_has_a_place_keeps_it(line, code):
    await in_force(line, code)
    await enter(line, code, ["alice", "bob"])
    await drained(line, code)

    charlie = await line.enter(code, "charlie")
    again = await enter(line, code, ["bob", "bob", "alice"])
    figures = await line.room_stats(code)

    assert (charlie.kind, charlie.in_line) == ("draining", False)
    assert [(one.kind, one.ahead) for one in again] == [
        ("waiting", 1),
        ("waiting", 1),
        ("waiting", 0),
    ]
    assert await kinds(line, code, ["charlie"]) == ["absent"]
    assert (figures.waiting, figures.entered, figures.turned_away) == (2, 2, 1)
    assert (await line.summary(code)).turned_away == {"draining": 1}


async def test_all_in_line_are_let_through_at_the_rooms_rate_and_get_one(line, code):
    await in_force(line, code, total=2)
    await enter(line, code, ["alice", "bob", "charlie"])
    await drained(line, code, total=2, burst=1, rate_per_s=0.5)

    first = await admit(line, code)
    held = await admit(line, code)
    await drained(line, code, 3, total=2)
    rest = await admit(line, code)
    await issue(line, code, 2, [*first.members, *rest.members])

    assert (first.members, held.members, held.held_back_by) == (("alice",), (), "rate")
    assert rest.members == ("bob",)
    assert await kinds(line, code, ["alice", "bob", "charlie"]) == ["issued", "issued", "sold_out"]


async def test_opened_again_it_takes_people_in_again(line, code):
    await drained(line, code)
    refused = await line.enter(code, "alice")
    await in_force(line, code, version=3)

    assert (refused.kind, (await line.enter(code, "alice")).kind) == ("draining", "waiting")


@pytest.mark.parametrize(
    ("why", "changes"),
    [
        ("sold_out", {"total": 0}),
        ("closed", {"closes_at": now()}),
        ("not_open_yet", {"opens_at": now() + HOUR}),
        ("draining", {"size_max": 1}),
    ],
)
async def test_at_the_door_the_nearest_reason_is_told(line, code, why, changes):
    await in_force(line, code)
    await line.enter(code, "alice")
    await drained(line, code, **changes)

    assert (await line.enter(code, "bob")).kind == why


async def test_who_waits_in_the_lobby_stays_and_nobody_comes_after_them(line, code):
    lobby = {"opens_at": now() + HOUR / 12}
    await in_force(line, code, **lobby)
    await line.enter(code, "alice")
    await drained(line, code, **lobby)

    told = await enter(line, code, ["bob", "alice"])

    assert [(one.kind, one.facts.is_lobby) for one in told] == [
        ("draining", True), ("waiting", True),
    ]  # fmt: skip


async def test_who_was_refused_before_is_refused_anew_and_what_they_were_told_stays(line, code):
    await in_force(line, code)
    await line.enter(code, "alice")
    await admit(line, code)
    await refuse(line, code, 0, ["alice"])
    await drained(line, code)

    at_the_door = await line.enter(code, "alice")
    asked = await line.place(code, "alice")

    assert (at_the_door.kind, asked.kind, asked.text) == ("draining", "refused", "closed")


@pytest.mark.parametrize("by_entering", [True, False])
async def test_who_is_away_comes_back_to_the_head_in_time_and_not_later(
    line,
    code,
    gone_silent,
    years_pass,
    by_entering,
):
    room = {"grace_s": GRACE_S, "return_s": 60}
    await in_force(line, code, **room)
    await enter(line, code, ["alice", "bob", "charlie"])
    gone_silent("alice", "bob")
    await line.place(code, "charlie")
    await admit(line, code, at_most=0)
    await drained(line, code, **room)
    assert (await admit(line, code)).members == ("charlie",)
    years_pass("bob", 61)
    ask = enter if by_entering else places

    told = await ask(line, code, ["alice", "bob"])
    through = (await admit(line, code)).members
    await in_force(line, code, version=3, **room)

    assert [one.kind for one in told] == ["waiting", "draining"]
    assert (told[0].text, told[1].in_line) == ("h", True)
    assert through == ("alice",)
    assert [(one.kind, one.text) for one in await places(line, code, ["bob"])] == [("waiting", "e")]
