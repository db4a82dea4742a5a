"""Secrets are rotated without anybody losing a place, and what ends with the old one is said."""

import pytest
from httpx import Response

from tests.integration.web_cast import (
    ADMIN_TOKEN,
    MEMBER_SECRET,
    TICKET_SECRET,
    app_with,
    by,
    checked_problem,
    client_of,
    in_line,
)
from tests.signed_in import session_of
from waitroom.tokens.challenge import Challenges
from waitroom.tokens.ticket import TicketSigner
from web.auth.admin_sessions import AdminSessions
from web.auth.member_tokens import MemberTokens
from web.auth.sessions import Sessions

NEW_MEMBER_SECRET = "another-secret-that-the-shop-and-we-know"
NEW_TICKET_SECRET = "another-secret-for-tickets-we-alone-know"


@pytest.fixture
def rotated(parts):
    """As each web process is after its restart: with these secrets, on the same line."""

    def restarted(members: list[str], tickets: list[str]):
        return app_with(
            parts,
            identity=MemberTokens(members, ADMIN_TOKEN),
            sessions=Sessions(tickets, old_secrets=members),
            tickets=TicketSigner(tickets),
            challenges=Challenges(tickets),
            admins=AdminSessions(tickets),
        )

    return restarted


@pytest.fixture
async def kept(app, parts, line, engine, code):
    """What Alice holds from before: a place, a token, a ticket, a session."""
    await in_line(line, engine, code)
    async with client_of(app) as client:
        place = (await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))).json()
    return {
        "arrived_at": place["arrived_at"],
        "token": by("alice"),
        "ticket": {"Waitroom-Ticket": place["ticket"]},
        "session": session_of(parts.sessions),
    }


async def seen(client, kept, code) -> tuple[Response, Response, Response, Response]:
    """Alice's place, by all that she holds: by her token, her ticket, her session; and the page."""
    path = f"/api/rooms/{code}/place"
    by_token = await client.get(path, headers=kept["token"])
    by_ticket = await client.get(path, headers=kept["ticket"])
    client.cookies.set("member_session", kept["session"])
    return by_token, by_ticket, await client.get(path), await client.get(f"/rooms/{code}")


async def test_with_the_new_one_in_front_all_that_is_old_works_and_the_place_is_kept(
    rotated, kept, code
):
    app = rotated([NEW_MEMBER_SECRET, MEMBER_SECRET], [NEW_TICKET_SECRET, TICKET_SECRET])
    async with client_of(app) as client:
        by_token, by_ticket, by_session, page = await seen(client, kept, code)

    for answer in (by_token, by_ticket, by_session):
        assert answer.status_code == 200, answer.text
        assert answer.json()["arrived_at"] == kept["arrived_at"]
        assert answer.json()["place"] == 1
    assert page.status_code == 200


async def test_what_was_given_meanwhile_works_without_the_old_one(rotated, kept, code):
    both = rotated([NEW_MEMBER_SECRET, MEMBER_SECRET], [NEW_TICKET_SECRET, TICKET_SECRET])
    path = f"/api/rooms/{code}/place"
    async with client_of(both) as client:
        ticket = (await client.get(path, headers=kept["token"])).json()["ticket"]
    session = session_of(both.state.parts.sessions)

    async with client_of(rotated([NEW_MEMBER_SECRET], [NEW_TICKET_SECRET])) as client:
        by_ticket = await client.get(path, headers={"Waitroom-Ticket": ticket})
        client.cookies.set("member_session", session)
        by_session = await client.get(path)

    assert by_ticket.json()["arrived_at"] == kept["arrived_at"]
    assert by_session.json()["arrived_at"] == kept["arrived_at"]


async def test_without_the_old_one_it_is_said_what_to_do_and_the_place_is_still_there(
    rotated, kept, code
):
    app = rotated([NEW_MEMBER_SECRET], [NEW_TICKET_SECRET])
    async with client_of(app) as client:
        by_token, by_ticket, by_session, page = await seen(client, kept, code)
        client.cookies.clear()
        token = app.state.parts.identity.sign("alice")
        again = await client.post(
            f"/api/rooms/{code}/enter", headers={"Authorization": f"Bearer {token}"}
        )

    assert "one of this site’s secrets" in checked_problem(by_token, "bad_token", 401)["detail"]
    assert checked_problem(by_ticket, "bad_ticket", 401)["reason"] == "forged"
    checked_problem(by_session, "not_signed_in", 401)
    assert (page.status_code, page.headers["location"][:8]) == (303, "/signin?")
    assert again.json()["arrived_at"] == kept["arrived_at"]
