"""The ticket as a credential: whose it is, for which room, for how long, by whose hand."""

import asyncio
import time
from secrets import token_hex

import pytest

from tests.integration.lost_cast import HASTE
from tests.integration.web_cast import (
    TICKET_SECRET,
    app_with,
    by,
    checked_problem,
    client_of,
    in_line,
    stored,
)
from tests.off_clock import clock_off
from waitroom.tokens.ticket import TICKET_LENGTH_MAX, Ticket, TicketSigner

WITHIN_S = 10.0
WEEK_S = 7 * 24 * 3600


@pytest.fixture
async def ticket(client, line, engine, code) -> str:
    """Alice's, for the room `code`."""
    await in_line(line, engine, code)
    entered = await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))
    client.cookies.clear()
    return entered.json()["ticket"]


def with_ticket(text: str) -> dict[str, str]:
    return {"Waitroom-Ticket": text}


async def test_a_ticket_says_whose_place_is_asked_for_without_any_token(client, code, ticket):
    answer = await client.get(f"/api/rooms/{code}/place", headers=with_ticket(ticket))

    assert answer.status_code == 200
    assert (answer.json()["place"], answer.json()["ticket"]) == (1, ticket)


async def test_a_ticket_and_its_owners_token_go_together(client, code, ticket):
    headers = by("alice") | with_ticket(ticket)

    asked = await client.get(f"/api/rooms/{code}/place", headers=headers)
    entered = await client.post(f"/api/rooms/{code}/enter", headers=headers)

    assert (asked.status_code, entered.status_code) == (200, 202)
    assert asked.json()["place"] == entered.json()["place"] == 1


async def test_a_ticket_is_enough_to_give_up_its_place(client, code, ticket):
    left = await client.delete(f"/api/rooms/{code}/place", headers=with_ticket(ticket))

    assert left.status_code == 204
    asked = await client.get(f"/api/rooms/{code}/place", headers=with_ticket(ticket))
    checked_problem(asked, "not_in_line", 404)


async def test_a_ticket_is_not_enough_to_enter(client, code, ticket):
    answer = await client.post(f"/api/rooms/{code}/enter", headers=with_ticket(ticket))

    checked_problem(answer, "not_signed_in", 401)


def signed_for(room: str, member: str = "alice", *, age_s: float = 0, secret: str = TICKET_SECRET):
    return TicketSigner([secret]).sign(Ticket(room, member, int((time.time() - age_s) * 1e6)))


BAD = {
    "forged": lambda code: signed_for(code, secret="somebody-elses-secret-of-32-bytes-"),
    "changed": lambda code: "x" + signed_for(code),
    "cut off": lambda code: signed_for(code)[:-1],
    "garbage": lambda _: "not a ticket",
    "dots": lambda _: "...",
    "too long": lambda code: signed_for(code, token_hex(TICKET_LENGTH_MAX)),
    "signed garbage": lambda _: TicketSigner([TICKET_SECRET])._serializer.dumps({"a": 1}),
    "session as ticket": lambda _: "WyJhbGljZSIsImFsaWNlIl0.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
}
REASONS = {
    "of another room": (lambda code: signed_for(code + "x"), "other_room"),
    **{name: (make, "forged") for name, make in BAD.items()},
}


@pytest.mark.parametrize(("make", "reason"), REASONS.values(), ids=REASONS)
async def test_a_bad_ticket_is_refused_by_every_call_and_changes_nothing(
    client, line, engine, redis_url, code, make, reason
):
    await in_line(line, engine, code)
    await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))
    before = stored(redis_url, engine, code)
    headers = with_ticket(make(code))

    for method, what, credentials in (
        ("GET", "place", headers),
        ("DELETE", "place", headers),
        ("POST", "enter", by("alice") | headers),
        ("GET", "live", headers),
    ):
        async with asyncio.timeout(WITHIN_S):  # a stream would go on for ever
            answer = await client.request(method, f"/api/rooms/{code}/{what}", headers=credentials)
        assert checked_problem(answer, "bad_ticket", 401)["reason"] == reason
    assert stored(redis_url, engine, code) == before


async def test_a_ticket_that_is_too_old_keeps_nobody_from_entering(client, line, engine, code):
    await in_line(line, engine, code)
    headers = with_ticket(signed_for(code, age_s=WEEK_S + 60))

    asked = [
        await client.request(method, f"/api/rooms/{code}/{what}", headers=headers)
        for method, what in (("GET", "place"), ("DELETE", "place"), ("GET", "live"))
    ]
    entered = await client.post(f"/api/rooms/{code}/enter", headers=by("alice") | headers)
    assert entered.status_code == 202
    new = with_ticket(entered.json()["ticket"])
    place = await client.get(f"/api/rooms/{code}/place", headers=new)

    for answer in asked:
        problem = checked_problem(answer, "bad_ticket", 401)
        assert problem["reason"] == "expired"
        assert problem["detail"].endswith("Get in line again for a new one.")
    assert (place.status_code, place.json()["place"]) == (200, 1)


@pytest.mark.parametrize("ahead_s", [59, 61, 3_600])
async def test_a_ticket_from_the_future_is_good(client, line, engine, code, comes_by, ahead_s):
    """Redis' clock was set back, or another one answers: they stand where they stood."""
    await in_line(line, engine, code, room=HASTE)
    await comes_by()
    await line.enter(code, "bob")
    ticket = signed_for(code, age_s=-ahead_s)

    answers = [
        await client.post(f"/api/rooms/{code}/enter", headers=by("alice") | with_ticket(ticket)),
        await client.get(f"/api/rooms/{code}/place", headers=with_ticket(ticket)),
        await client.get(f"/api/rooms/{code}/place", headers=by("alice") | with_ticket(ticket)),
    ]
    # The line has lost them, and perhaps others, whose outcomes Postgres knows.
    await comes_by(times=2)
    known = await client.get(f"/api/rooms/{code}/place", headers=with_ticket(ticket))
    later = await client.post(f"/api/rooms/{code}/enter", headers=by("charlie"))

    assert [answer.status_code for answer in answers] == [202, 200, 200]
    assert {answer.json()["room_state"] for answer in answers} == {"restoring"}
    assert (known.json()["place"], later.json()["place"]) == (2, 3)


@pytest.mark.parametrize("off_by_s", [-300, 300])
async def test_a_tickets_age_is_by_redis_clock(client, line, engine, code, off_by_s):
    await in_line(line, engine, code)
    await line.enter(code, "alice")
    good, old = (signed_for(code, age_s=WEEK_S - 120), signed_for(code, age_s=WEEK_S + 120))

    with clock_off(off_by_s):
        await line.measure_clock()
        answers = [
            await client.get(f"/api/rooms/{code}/place", headers=with_ticket(one))
            for one in (good, old)
        ]

    assert [answer.status_code for answer in answers] == [200, 401]


async def test_an_empty_ticket_is_like_none(client, code, ticket):
    answer = await client.get(f"/api/rooms/{code}/place", headers=with_ticket(""))

    checked_problem(answer, "not_signed_in", 401)


async def test_a_strangers_ticket_is_of_no_use(client, engine, redis_url, code, ticket):
    before = stored(redis_url, engine, code)
    headers = by("bob") | with_ticket(ticket)

    answers = [
        await client.get(f"/api/rooms/{code}/place", headers=headers),
        await client.delete(f"/api/rooms/{code}/place", headers=headers),
        await client.get(f"/api/rooms/{code}/live", headers=headers),
        await client.post(f"/api/rooms/{code}/enter", headers=headers),
    ]

    for answer in answers:
        assert checked_problem(answer, "bad_ticket", 401)["reason"] == "other_member"
    assert stored(redis_url, engine, code) == before


async def test_a_new_ticket_secret_keeps_people_in_line(parts, code, ticket):
    rotated = TicketSigner(["the-new-secret-of-tickets-comes-first", TICKET_SECRET])

    async with client_of(app_with(parts, tickets=rotated)) as client:
        asked = await client.get(f"/api/rooms/{code}/place", headers=with_ticket(ticket))
        renewed = asked.json()["ticket"]
        again = await client.get(f"/api/rooms/{code}/place", headers=with_ticket(renewed))

    assert asked.status_code == again.status_code == 200
    assert asked.json()["place"] == again.json()["place"] == 1
    assert renewed != ticket


async def test_a_retired_ticket_secret_opens_nothing(parts, code, ticket):
    retired = TicketSigner(["the-new-secret-of-tickets-is-alone-now"])

    async with client_of(app_with(parts, tickets=retired)) as client:
        answer = await client.get(f"/api/rooms/{code}/place", headers=with_ticket(ticket))

    checked_problem(answer, "bad_ticket", 401)
