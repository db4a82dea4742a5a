"""Before a lobby is drawn nothing that anybody is given tells in which order it will stand."""

from __future__ import annotations

import base64
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest

from application.apply_settings import apply_settings
from domain.draw import draw_number
from domain.room_settings import RoomSettings
from issuance import offers
from issuance.draws import save_draw
from tests.integration.cast import now
from tests.integration.line_cast import admit, crowd, enter, places
from tests.integration.opening_cast import LATER, open_offer
from tests.integration.sse_cast import Follower, page_of
from tests.integration.web_cast import ADMIN, by, client_of, in_line, token, until
from waitroom.redis_io.keys import Keys

DRAW = RoomSettings(rate_per_s=10_000, burst=10_000, opening="draw", restore_s=0)
MEMBERS = 200
# Of 200 values that have nothing to do with the order: this is six times the deviation of tau.
TAU_MAX = 0.3


def opened_up(text: str) -> Iterator[str]:
    """The text, and what is readable of each signed or encoded part of it."""
    yield text
    for part in set(re.findall(r"[A-Za-z0-9_+/=-]{12,}", text)):
        padded = part.rstrip("=") + "=" * (-len(part.rstrip("=")) % 4)
        for decode in (base64.urlsafe_b64decode, base64.b64decode):
            try:
                found = decode(padded)
            except ValueError:
                continue
            yield found.decode("latin-1")


def values_in(name: str, given: Any) -> Iterator[tuple[str, str]]:
    """Every field of an answer by its name; a ticket's too, and each number in a text."""
    if isinstance(given, dict):
        for key, value in given.items():
            yield from values_in(f"{name}.{key}", value)
    elif isinstance(given, list | tuple):
        for n, value in enumerate(given):
            yield from values_in(f"{name}[{n}]", value)
    elif isinstance(given, str) and re.fullmatch(r"[\w-]{12,}\.[\w-]{12,}", given):
        payload = given.partition(".")[0]
        yield from values_in(f"{name}:ticket", json.loads(next_of(payload)))
    elif isinstance(given, str):
        yield name, given
        for n, number in enumerate(re.findall(r"\d+(?:\.\d+)?", given)):
            yield f"{name}#{n}", number
    elif given is not None:
        yield name, str(given)


def next_of(payload: str) -> str:
    return base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode()


def tau(values: dict[str, str], order: list[str]) -> float:
    """Kendall's tau of these values and the order drawn; 0 for values that are all alike."""
    number = all(re.fullmatch(r"-?\d+(\.\d+)?", value) for value in values.values())
    keys = {who: float(value) if number else value for who, value in values.items()}
    standing = [keys[who] for who in order if who in keys]
    score = sum((b > a) - (b < a) for a, b in combinations(standing, 2))
    return score / (len(standing) * (len(standing) - 1) / 2) if len(standing) > 1 else 0.0


async def everything_given(app, code: str, member: str) -> dict[str, Any]:
    """All that one member can ask for: by program and by page, once and by stream."""
    given: dict[str, Any] = {}
    async with client_of(app) as client:
        for n, (method, path) in enumerate(
            [("POST", "enter"), ("POST", "enter"), ("GET", "place")]
        ):
            answer = await client.request(method, f"/api/rooms/{code}/{path}", headers=by(member))
            given[f"{n} {path}"] = answer.json()
            given[f"{n} {path} headers"] = sorted(answer.headers.multi_items())
        await client.get("/signin", params={"token": token(member)})
        for path in ("", "/place"):
            answer = await client.get(f"/rooms/{code}{path}")
            given[f"page {path}"] = answer.text
            given[f"page {path} headers"] = sorted(answer.headers.multi_items())
    program, page = Follower(app, code, member), page_of(app, code, member)
    await until(lambda: program.text and page.text)
    for one in (program, page):
        one.goes_away()
        await one.ends()
    given["events"], given["page events"] = program.text, page.text
    return given


async def test_nothing_that_two_hundred_are_given_tells_how_they_will_be_drawn(
    app, client, line, engine, code, caplog, capfd
):
    offer = await in_line(line, engine, code, total=100, room=DRAW, opens_at=now() + LATER)
    everybody = crowd(MEMBERS)
    given = {member: await everything_given(app, code, member) for member in everybody}
    public = {
        path: (await client.get(path, headers=headers)).text
        for path, headers in (
            (f"/api/rooms/{code}/draw", {}),
            (f"/rooms/{code}/draw", {}),
            (f"/api/coupons/{code}", {}),
            ("/metrics", {}),
            (f"/api/admin/rooms/{code}", ADMIN),
            (f"/api/admin/rooms/{code}/record", ADMIN),
            (f"/api/admin/audit?subject={code}", ADMIN),
            (f"/admin/rooms/{code}", ADMIN),
        )
    }
    said = caplog.text + "".join(capfd.readouterr())

    numbers = {member: draw_number(offer.room.seed, member) for member in everybody}
    order = sorted(everybody, key=numbers.__getitem__)
    everything = json.dumps(given) + json.dumps(public) + said
    readable = "\n".join(opened_up(everything))
    assert [one for one in everybody if str(numbers[one]) in readable] == []
    assert [one for one in everybody if f"{numbers[one]:x}" in readable] == []
    assert offer.room.seed.hex() not in readable
    by_field: dict[str, dict[str, str]] = defaultdict(dict)
    for member in everybody:
        for name, value in values_in("", given[member]):
            by_field[name][member] = value
    common = {name: values for name, values in by_field.items() if len(values) > MEMBERS / 2}
    telling = {name: tau(values, order) for name, values in common.items()}
    assert {name: by for name, by in telling.items() if abs(by) > TAU_MAX} == {}
    assert len(telling) > 50


async def test_the_order_is_nobodys_to_know_until_it_was_written_down(client, line, engine, code):
    """Between the opening and the draw the opening may still be put off, and others come."""
    await in_line(line, engine, code, total=100, room=DRAW, opens_at=now() + LATER)
    ticket = (await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))).json()["ticket"]
    await enter(line, code, crowd(20))

    await open_offer(line, engine, code)
    await enter(line, code, ["late"])
    undrawn = [
        (await client.get(f"/api/rooms/{code}/place", headers=by(member))).json()
        for member in ("alice", "late")
    ]
    standings = await places(line, code, crowd(20))
    await apply_settings(line, save_draw(engine, code, await line.lobby(code) or [], now()))
    drawn = (await client.get(f"/api/rooms/{code}/place", headers=by("alice"))).json()

    for place in undrawn:
        assert (place["state"], place["room_state"]) == ("waiting", "scheduled")
        assert place["place"] is place["ahead"] is place["eta_s"] is None
    assert {(one.ahead, one.facts.is_undrawn) for one in standings} == {(0, True)}
    assert all(one.arrival_us < 0 for one in standings)
    assert drawn["room_state"] == "open"
    assert drawn["place"] >= 1
    assert drawn["ticket"] != ticket


async def test_who_asks_in_a_lobby_that_draws_is_spread_over_time(client, line, engine, code):
    """By something that has nothing to do with their number."""
    await in_line(line, engine, code, total=100, room=DRAW, opens_at=now() + LATER)
    standings = await enter(line, code, crowd(100))

    assert len({one.arrival_us for one in standings}) > 50


@pytest.mark.parametrize("when", ["in the lobby", "between", "after the draw"])
async def test_a_ticket_of_the_lobby_is_good_wherever_the_line_is_lost(
    client, line, engine, code, comes_by, lose_all, when
):
    offer = await in_line(line, engine, code, total=100, room=DRAW, opens_at=now() + LATER)
    members = crowd(20)
    tickets = {}
    for member in members:
        answer = await client.post(f"/api/rooms/{code}/enter", headers=by(member))
        tickets[member] = answer.json()["ticket"]
    client.cookies.clear()
    await comes_by()

    async def draw() -> None:
        await apply_settings(line, save_draw(engine, code, await line.lobby(code) or [], now()))

    if when != "in the lobby":
        await open_offer(line, engine, code)
    if when == "after the draw":
        await draw()
    lose_all()
    await comes_by(times=2)
    back = []
    for member in sorted(members):
        headers = by(member) | {"Waitroom-Ticket": tickets[member]}
        answer = await client.get(f"/api/rooms/{code}/place", headers=headers)
        back.append(answer.json()["state"])
    if when != "after the draw":
        await open_offer(line, engine, code)
        await draw()
    await comes_by()

    order = tuple(sorted(members, key=lambda one: draw_number(offer.room.seed, one)))
    assert back == ["waiting"] * 20
    assert (await admit(line, code)).members == order


async def test_a_numbered_ticket_of_the_version_before_is_still_good(
    line, engine, code, comes_by, lose_all
):
    offer = await in_line(line, engine, code, total=100, room=DRAW, opens_at=now() + LATER)
    members = crowd(5)
    await enter(line, code, members)
    await comes_by()
    lose_all()
    await comes_by(times=2)

    numbered = [(member, draw_number(offer.room.seed, member)) for member in members]
    back = await line.recovery.restore(code, numbered)
    await open_offer(line, engine, code)

    assert {one.kind for one in back} == {"waiting"}
    assert await line.lobby(code) == sorted(members, key=dict(numbered).__getitem__)


async def test_who_left_the_lobby_is_not_back_by_its_ticket(line, engine, code, raw_redis):
    await in_line(line, engine, code, total=100, room=DRAW, opens_at=now() + LATER)
    alice, bob = await enter(line, code, ["alice", "bob"])
    await line.leave(code, "alice")
    told = await line.restore(code, "alice", alice.arrival_us)
    await open_offer(line, engine, code)
    later = await line.restore(code, "alice", alice.arrival_us)

    assert (told.kind, later.kind) == ("absent", "absent")
    assert await line.lobby(code) == ["bob"]
    assert await raw_redis.zscore(Keys(code).waiting, "bob") == draw_number(
        offers.get_offer(engine, code).room.seed, "bob"
    )
    assert bob.arrival_us < 0
