"""The hot path answers what the framework's own routes answer, in each state of a member."""

import json
from typing import Any

import httpx
import pytest

from tests.integration.cast import HOUR, in_force, now
from tests.integration.web_cast import (
    ADMIN_TOKEN,
    TICKET_SECRET,
    app_with,
    by,
    checked_problem,
    client_of,
    in_line,
    serve,
    stored,
)
from waitroom.batcher import Batcher
from waitroom.errors import LineBusy
from waitroom.tokens.ticket import Ticket, TicketSigner
from web.app import Application
from web.auth.member_tokens import MemberTokens


class Watching:
    """An application that counts what the hot path left to the framework."""

    def __init__(self, app: Application) -> None:
        self.app = app
        self.left = 0
        behind = app._hot_path._app

        async def counted(scope: Any, receive: Any, send: Any) -> None:
            self.left += 1
            await behind(scope, receive, send)

        app._hot_path._app = counted
        self.framework = behind


async def both(
    watching: Watching, method: str, path: str, headers: dict[str, str]
) -> tuple[httpx.Response, httpx.Response]:
    """The same call by the hot path, which must not leave it, and by the framework alone."""
    headers = headers | {"X-Request-Id": "asked-of-both"}
    async with client_of(watching.app) as client:
        before = watching.left
        hot = await client.request(method, path, headers=headers)
        assert watching.left == before, "left to the framework"
    transport = httpx.ASGITransport(app=watching.framework, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return hot, await client.request(method, path, headers=headers)


def same(hot: httpx.Response, slow: httpx.Response) -> dict[str, Any]:
    """Status, headers and body agree; but for the clock's part in when to ask again."""
    assert hot.status_code == slow.status_code
    told, expected = hot.json(), slow.json()
    for changing in ("eta_s", "ask_again_s"):
        assert (told.pop(changing, None) is None) == (expected.pop(changing, None) is None)
    assert told == expected
    assert headers_of(hot) == headers_of(slow)
    assert hot.headers["x-request-id"] == "asked-of-both"
    return told


def headers_of(answer: httpx.Response) -> dict[str, str]:
    unlike = {"content-length", "vary", "set-cookie"}
    return {name: value for name, value in answer.headers.items() if name not in unlike}


@pytest.fixture
def watching(app):
    return Watching(app)


async def test_entering_and_asking(watching, line, engine, code):
    await in_line(line, engine, code)

    entered = same(*await both(watching, "POST", f"/api/rooms/{code}/enter", by("alice")))
    asked = same(*await both(watching, "GET", f"/api/rooms/{code}/place", by("alice")))

    assert (entered["state"], asked["state"], entered["ahead"]) == ("waiting", "waiting", 0)
    assert entered["ticket"] == asked["ticket"]


async def test_the_cookie_of_a_waiting_member_is_the_frameworks(watching, line, engine, code):
    await in_line(line, engine, code)

    hot, slow = await both(watching, "POST", f"/api/rooms/{code}/enter", by("alice"))

    cookies = [answer.headers["set-cookie"].lower() for answer in (hot, slow)]
    assert set(cookies[0].split("; ")) == set(cookies[1].split("; "))


@pytest.mark.parametrize("whose", ["alice", "bob", "nobody", "alice elsewhere"])
async def test_asking_with_a_ticket(watching, line, engine, code, whose):
    await in_line(line, engine, code)
    headers = by("alice")
    arrival_us = (await line.enter(code, "alice")).arrival_us
    who, *elsewhere = whose.split()
    ticket = Ticket("another" if elsewhere else code, who, arrival_us)
    headers["Waitroom-Ticket"] = TicketSigner([TICKET_SECRET]).sign(ticket)

    told = same(*await both(watching, "GET", f"/api/rooms/{code}/place", headers))

    assert told.get("type") == (None if whose == "alice" else "bad_ticket")


async def test_a_ticket_brings_back_whom_the_line_has_lost(watching, line, engine, code):
    await in_line(line, engine, code)
    ticket = TicketSigner([TICKET_SECRET]).sign(Ticket(code, "alice", int(now().timestamp() * 1e6)))
    headers = by("alice") | {"Waitroom-Ticket": ticket}

    told = same(*await both(watching, "GET", f"/api/rooms/{code}/place", headers))

    # Others may have been lost too, so the place is not known yet.
    assert (told["state"], told["place"], told["ticket"]) == ("waiting", None, ticket)
    assert told["room_state"] == "restoring"


async def test_who_was_let_through_and_who_has_one(watching, line, engine, code):
    await in_line(line, engine, code)
    for member in ("alice", "bob"):
        await line.enter(code, member)
    await serve(line, engine, code, at_most=1)
    await line.admit(code, at_most=1, lease_s=15)

    for call in (("POST", "enter"), ("GET", "place")):
        issued = same(*await both(watching, call[0], f"/api/rooms/{code}/{call[1]}", by("alice")))
        admitted = same(*await both(watching, call[0], f"/api/rooms/{code}/{call[1]}", by("bob")))
        assert (issued["state"], admitted["state"]) == ("issued", "admitted")
        assert issued["issued_coupon"]["member_id"] == "alice"


async def test_while_the_line_drains(watching, line, engine, code):
    await in_line(line, engine, code)
    await line.enter(code, "alice")
    await in_force(line, code, version=9, state="draining")

    refused = same(*await both(watching, "POST", f"/api/rooms/{code}/enter", by("bob")))
    kept = same(*await both(watching, "POST", f"/api/rooms/{code}/enter", by("alice")))
    asked = same(*await both(watching, "GET", f"/api/rooms/{code}/place", by("alice")))

    assert refused["type"] == "draining"
    assert (kept["state"], kept["room_state"], asked["room_state"]) == (
        "waiting", "draining", "draining",
    )  # fmt: skip


async def test_who_is_refused(watching, line, engine, code):
    await in_line(line, engine, code, total=1)
    for member in ("alice", "bob"):
        await line.enter(code, member)
    await serve(line, engine, code)

    at_the_door = same(*await both(watching, "POST", f"/api/rooms/{code}/enter", by("charlie")))
    in_the_line = same(*await both(watching, "GET", f"/api/rooms/{code}/place", by("bob")))
    a_stranger = same(*await both(watching, "GET", f"/api/rooms/{code}/place", by("charlie")))

    assert at_the_door["type"] == "sold_out"
    assert (in_the_line["state"], in_the_line["refusal"]["type"]) == ("refused", "sold_out")
    assert a_stranger["type"] == "not_in_line"


async def test_who_comes_too_early_is_told_when_it_opens(watching, line, engine, code):
    times = {"opens_at": now() + HOUR, "expire_date": now() + 2 * HOUR}
    await in_line(line, engine, code, **times)

    told = same(*await both(watching, "POST", f"/api/rooms/{code}/enter", by("alice")))

    assert (told["type"], "opens_at" in told) == ("not_open_yet", True)


@pytest.mark.parametrize("way", ["pessimistic", "optimistic", "redis_lock"])
async def test_issuing_directly(watching, line, engine, code, way):
    await in_line(line, engine, code, total=1, issuing=way)

    hot, slow = await both(watching, "POST", f"/api/coupons/{code}/issue", by("alice"))
    refused = same(*await both(watching, "POST", f"/api/coupons/{code}/issue", by("bob")))

    assert (hot.status_code, slow.status_code) == (201, 200)  # the second time it is held
    assert hot.json() == slow.json()
    assert headers_of(hot) == headers_of(slow)
    assert refused["type"] == "sold_out"


@pytest.mark.parametrize("call", ["rooms/{}/enter", "coupons/{}/issue"])
async def test_bad_tokens_change_nothing_and_get_the_same_sentence(
    watching, line, engine, redis_url, code, call
):
    await in_line(line, engine, code)
    before = stored(redis_url, engine, code)
    strangers = MemberTokens(["a-secret-that-nobody-here-knows-of-32!"], ADMIN_TOKEN).sign("alice")

    for token in (strangers, strangers[:-2], "nonsense", "a.b.c"):
        headers = {"Authorization": f"Bearer {token}"}
        told = same(*await both(watching, "POST", f"/api/{call.format(code)}", headers))
        assert told["type"] == "bad_token"

    assert stored(redis_url, engine, code) == before


async def test_a_line_that_is_away_is_said(parts, line_away):
    watching = Watching(app_with(parts, line=line_away))

    told = same(*await both(watching, "POST", "/api/rooms/spring/enter", by("alice")))

    assert (told["type"], told.get("retry_after_s")) == ("unavailable", 2)


async def test_more_than_can_be_answered_are_turned_back_at_once(
    watching, line, engine, code, monkeypatch
):
    await in_line(line, engine, code)

    async def full(_batcher: object, _ask: object) -> None:
        raise LineBusy

    monkeypatch.setattr(Batcher, "submit", full)

    hot, _ = await both(watching, "POST", f"/api/rooms/{code}/enter", by("alice"))

    assert checked_problem(hot, "unavailable", 503)["retry_after_s"] == 2


async def test_what_nobody_expected_is_noted_and_tells_nothing(
    watching, line, engine, code, monkeypatch
):
    await in_line(line, engine, code)
    monkeypatch.setattr(Batcher, "submit", lambda *_: 1 / 0)

    hot, _ = await both(watching, "POST", f"/api/rooms/{code}/enter", by("alice"))

    assert "ZeroDivision" not in json.dumps(checked_problem(hot, "internal", 500))


async def test_a_room_that_nobody_knows_is_left_to_the_framework(watching, code):
    async with client_of(watching.app) as client:
        answer = await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    checked_problem(answer, "no_such_room", 404)
    assert watching.left == 1
