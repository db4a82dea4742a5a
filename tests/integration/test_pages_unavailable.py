"""When a part is away, pages say so in plain words, try again by themselves, and keep the place."""

import pytest

from domain.unix_time import from_us
from tests.integration.cast import on_offer
from tests.integration.web_cast import (
    TICKET_SECRET,
    Html,
    app_with,
    client_of,
    in_line,
    token,
)
from tests.servers import drop_database
from tests.signed_in import session_of
from waitroom.tokens.ticket import Ticket, TicketSigner


@pytest.fixture
async def without_line(parts, line_away):
    async with client_of(app_with(parts, line=line_away)) as opened:
        # From before: nobody signs in without Redis.
        opened.cookies.set("member_session", session_of(parts.sessions))
        yield opened


@pytest.fixture
async def without_postgres(parts, engine_away):
    async with client_of(app_with(parts, engine=engine_away)) as opened:
        await opened.get("/signin", params={"token": token("alice")})
        yield opened


async def unreachable(client, code: str, **cookies: str) -> Html:
    """The ticket page, which must be the same in its fragment."""
    headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in {**client.cookies, **cookies}.items())}
    for path in (f"/rooms/{code}/place", f"/rooms/{code}"):
        answer = await client.get(path, headers=headers)
        assert answer.status_code == 503
        assert answer.headers["cache-control"] == "no-store"
        page = Html(answer)
        assert page.place["data-state"] == "unreachable"
        assert page.place["hx-get"] == f"/rooms/{code}/place"
        assert page.place["hx-trigger"].startswith("load delay:3.0s")
    return page


async def test_without_redis_the_ticket_page_says_when_one_came(
    client, without_line, line, engine, code
):
    await in_line(line, engine, code)
    await client.get("/signin", params={"token": token("alice")})
    await client.post(f"/rooms/{code}/enter")
    ticket = client.cookies[f"ticket-{code}"]
    arrival = from_us(TicketSigner([TICKET_SECRET]).verify(ticket, room=code).arrival_us)

    page = await unreachable(without_line, code, **{f"ticket-{code}": ticket})

    assert "We can’t reach the line right now" in page.text
    assert "Your place is safe." in page.text
    assert "Entered at (from your ticket)" in page.text
    assert f"{arrival:%H:%M:%S UTC}" in page.text


@pytest.mark.parametrize("whose", ["nobody's", "bob's", "forged", "another room's", "garbage"])
async def test_only_ones_own_ticket_says_when_one_came(without_line, engine, code, whose):
    on_offer(engine, code)
    office = TicketSigner([TICKET_SECRET])
    tickets = {
        "bob's": office.sign(Ticket(code, "bob", 1_795_000_000_000_000)),
        "forged": TicketSigner(["x" * 32]).sign(Ticket(code, "alice", 1_795_000_000_000_000)),
        "another room's": office.sign(Ticket("other", "alice", 1_795_000_000_000_000)),
        "garbage": "garbage",
    }
    cookies = {f"ticket-{code}": tickets[whose]} if whose in tickets else {}

    page = await unreachable(without_line, code, **cookies)

    assert "from your ticket" not in page.text
    assert "You don’t need to do anything." in page.text


async def test_without_redis_coupons_can_be_read_about(without_line, engine, code):
    on_offer(engine, code)

    for path in ("/", f"/coupons/{code}", "/me"):
        answer = await without_line.get(path)

        assert answer.status_code == 200
        Html(answer)


@pytest.mark.parametrize("form", ["enter", "leave"])
async def test_without_redis_a_form_says_that_it_was_not_carried_out(
    without_line, engine, code, form
):
    on_offer(engine, code)

    answer = await without_line.post(f"/rooms/{code}/{form}")

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert "places are kept" in Html(answer).text
    assert "http-equiv" not in answer.text  # a page that loads itself would send the form again


async def test_without_postgres_what_needs_it_says_so_and_tries_again(without_postgres, code):
    for path in ("/", f"/coupons/{code}", "/me", f"/rooms/{code}"):
        answer = await without_postgres.get(path)

        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert 'http-equiv="refresh"' in answer.text
        assert "tries again automatically" in Html(answer).text


async def test_without_postgres_a_ticket_page_goes_on_by_what_was_read_before(
    client, app, line, engine, servers, database_url, code
):
    await in_line(line, engine, code)
    await client.get("/signin", params={"token": token("alice")})
    await client.post(f"/rooms/{code}/enter")
    known = Html(await client.get(f"/rooms/{code}"))

    drop_database(servers.database_url, database_url.rpartition("/")[2])
    app.state.offers.forget()
    then = [await client.get(path) for path in (f"/rooms/{code}", "/", f"/coupons/{code}")]

    assert [one.status_code for one in then] == [200] * 3
    assert Html(then[0]).place["data-state"] == known.place["data-state"] == "waiting"


async def test_without_postgres_a_form_is_still_taken_at_the_line(
    without_postgres, line, engine, code
):
    await in_line(line, engine, code)

    answer = await without_postgres.post(f"/rooms/{code}/enter")

    assert (answer.status_code, answer.headers.get("location")) == (303, f"/rooms/{code}")
    assert (await line.room_stats(code)).waiting == 1
