"""What members are told when the line was lost: their ticket brings them back."""

from __future__ import annotations

import pytest

from domain.room_settings import RoomSettings
from tests.integration.lost_cast import HASTE
from tests.integration.sse_cast import Follower, page_of, states
from tests.integration.web_cast import Html, by, checked_problem, in_line, token, until

pytestmark = pytest.mark.usefixtures("quick_beats")

CALLS = [("GET", "place"), ("POST", "enter")]


@pytest.fixture
async def lost(client, line, engine, code, comes_by, lose_all):
    """Alice's and Bob's tickets of a line that has lost both."""
    await in_line(line, engine, code, room=HASTE)
    tickets = {}
    for member in ("alice", "bob"):
        answer = await client.post(f"/api/rooms/{code}/enter", headers=by(member))
        tickets[member] = answer.json()["ticket"]
    client.cookies.clear()
    await comes_by()
    lose_all()
    await comes_by(times=2)
    return tickets


@pytest.mark.parametrize(("method", "call"), CALLS)
async def test_a_ticket_brings_its_owner_back(client, lost, code, method, call):
    places = []
    for member in ("bob", "alice"):
        headers = by(member) | {"Waitroom-Ticket": lost[member]}
        answer = await client.request(method, f"/api/rooms/{code}/{call}", headers=headers)
        places.append(answer.json()["place"])
    bob = await client.get(f"/api/rooms/{code}/place", headers=by("bob"))

    assert places == [1, 1]
    assert bob.json()["place"] == 2
    assert bob.json()["ticket"] == lost["bob"]


async def test_without_a_ticket_one_has_to_enter_again(client, lost, code):
    answer = await client.get(f"/api/rooms/{code}/place", headers=by("alice"))

    checked_problem(answer, "not_in_line", 404)


@pytest.mark.parametrize(("method", "call"), CALLS)
async def test_somebody_elses_ticket_brings_nobody_back(client, lost, code, method, call):
    headers = by("mallory") | {"Waitroom-Ticket": lost["alice"]}

    answer = await client.request(method, f"/api/rooms/{code}/{call}", headers=headers)

    checked_problem(answer, "bad_ticket", 401)


async def test_while_others_may_come_back_nobody_is_told_a_number(
    client,
    line,
    engine,
    code,
    comes_by,
    lose_all,
    set_back,
):
    await in_line(line, engine, code, room=RoomSettings(restore_s=30))
    ticket = (await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))).json()["ticket"]
    headers = by("alice") | {"Waitroom-Ticket": ticket}
    await comes_by()
    lose_all()
    await comes_by(times=2)

    answer = (await client.get(f"/api/rooms/{code}/place", headers=headers)).json()
    page_answer = Html(await _page(client, code))
    set_back("restoring_until", 31)
    after = (await client.get(f"/api/rooms/{code}/place", headers=headers)).json()

    assert (answer["room_state"], answer["state"]) == ("restoring", "waiting")
    assert (answer["place"], answer["ahead"], answer["eta_s"]) == (None, None, None)
    assert 1 <= answer["ask_again_s"] <= 35
    assert page_answer.place["data-state"] == "restoring"
    assert "The line was interrupted" in page_answer.text
    assert (after["room_state"], after["place"]) == ("open", 1)


async def _page(client, code):
    await client.get("/signin", params={"token": token("alice")})
    return await client.get(f"/rooms/{code}/place")


async def test_a_browser_comes_back_by_the_ticket_it_keeps(
    client,
    line,
    engine,
    code,
    comes_by,
    lose_all,
):
    await in_line(line, engine, code, room=HASTE)
    await client.get("/signin", params={"token": token("alice")})
    await client.post(f"/rooms/{code}/enter")
    await line.enter(code, "bob")
    await comes_by()
    lose_all()
    await comes_by(times=2)
    await line.enter(code, "a-new-one")

    page = Html(await client.get(f"/rooms/{code}/place"))
    lose_all()
    await comes_by(times=2)
    await line.enter(code, "another-new-one")
    await client.post(f"/rooms/{code}/enter")

    assert page.place["data-state"] == "waiting"
    assert "You are next." in page.text
    assert (await line.place(code, "alice")).ahead == 0


async def test_who_follows_is_back_without_doing_anything(
    app,
    line,
    engine,
    code,
    comes_by,
    lose_all,
):
    """By stream, program and page: the process knows where they stood."""
    await in_line(line, engine, code, room=HASTE)
    for member in ("alice", "bob"):
        await line.enter(code, member)
    program, page = Follower(app, code, "alice"), page_of(app, code, "bob")
    await until(lambda: program.text and page.text)
    await comes_by()

    lose_all()
    await until(lambda: "unreachable" in states(page))
    await comes_by(times=2)
    await line.enter(code, "a-new-one")
    await until(lambda: states(page)[-1] == "waiting")
    stands = [(await line.place(code, member)).ahead for member in ("alice", "bob", "a-new-one")]
    for one in (program, page):
        one.goes_away()
        await one.ends()

    assert stands == [0, 1, 2]
    assert set(program.states) == {"waiting"}


async def test_a_stream_begun_after_the_loss_brings_back_too(app, lost, line, code):
    headers = by("bob") | {"Waitroom-Ticket": lost["bob"]}

    program = Follower(app, code, headers=headers)
    await until(lambda: program.text)
    program.goes_away()
    await program.ends()

    assert program.places[0]["place"] == 1
    assert program.places[0]["ticket"] == lost["bob"]
