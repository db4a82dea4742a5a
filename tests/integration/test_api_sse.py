"""A place as server-sent events: each change, until a final state, in a bounded number."""

import asyncio
import re

import httpx
import pytest

from application.report_outcomes import report_outcomes
from domain.room_settings import RoomSettings
from issuance.issue import issue
from tests.integration.cast import now
from tests.integration.sse_cast import Follower, events, framework_of
from tests.integration.web_cast import (
    PLACE_KEYS,
    app_with,
    by,
    checked_problem,
    client_of,
    has_safe_headers,
    in_line,
    serve,
    token,
    until,
)
from tests.signed_in import session_of
from web.auth.member_tokens import MemberTokens
from web.limits.limit_values import WebLimits
from web.sse import stream

pytestmark = pytest.mark.usefixtures("quick_beats")


async def test_a_stream_tells_each_change_and_ends_when_it_is_decided(
    client, app, line, engine, code
):
    await in_line(line, engine, code)
    for member in ("bob", "alice"):
        await client.post(f"/api/rooms/{code}/enter", headers=by(member))

    follower = Follower(app, code)
    await until(lambda: len(follower.places) == 1)
    await client.delete(f"/api/rooms/{code}/place", headers=by("bob"))
    await until(lambda: len(follower.places) == 2)
    await line.admit(code, at_most=1, lease_s=15)
    await until(lambda: len(follower.places) == 3)
    await report_outcomes(line, issue(engine, code, ["alice"], now()))
    await follower.ends()

    told = follower.places
    assert [(one["state"], one["place"]) for one in told] == [
        ("waiting", 2), ("waiting", 1), ("admitted", None), ("issued", None),
    ]  # fmt: skip
    assert all(one.keys() >= PLACE_KEYS for one in told)
    assert told[-1]["issued_coupon"]["member_id"] == "alice"
    assert app.state.streams.open == 0


async def test_a_stream_of_a_final_place_ends_at_once(client, line, engine, code):
    await in_line(line, engine, code, total=1)
    for member in ("alice", "bob"):
        await client.post(f"/api/rooms/{code}/enter", headers=by(member))
    await serve(line, engine, code, at_most=1)

    async with asyncio.timeout(60):
        alices = await client.get(f"/api/rooms/{code}/live", headers=by("alice"))
        bobs = await client.get(f"/api/rooms/{code}/live", headers=by("bob"))

    assert [state in events(alices.text)[0] for state in ('"issued"', '"refused"')] == [True, False]
    assert '"state":"refused"' in events(bobs.text)[0]
    assert alices.status_code == 200
    assert alices.headers["content-type"].startswith("text/event-stream")
    assert alices.headers["cache-control"] == "no-store"
    has_safe_headers(alices)


async def test_each_stream_is_told_when_to_come_back_each_at_another_time(
    client, line, engine, code
):
    await in_line(line, engine, code)
    for member in ("alice", "bob", "carol"):
        await client.post(f"/api/rooms/{code}/enter", headers=by(member))
    await serve(line, engine, code)

    texts = [
        (await client.get(f"/api/rooms/{code}/live", headers=by(member))).text
        for member in ("alice", "bob", "carol")
    ]

    retries = [re.match(r"retry: (\d+)\n", text)[1] for text in texts]
    assert len(set(retries)) > 1


async def test_a_stream_ends_where_its_owner_has_left_the_line(client, app, line, engine, code):
    await in_line(line, engine, code)
    await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    follower = Follower(app, code)
    await until(lambda: follower.places)
    await client.delete(f"/api/rooms/{code}/place", headers=by("alice"))
    await follower.ends()

    assert follower.states == ["waiting"]
    assert app.state.streams.open == 0


async def test_a_quiet_stream_says_now_and_then_that_it_is_alive(
    client, app, line, engine, code, monkeypatch
):
    monkeypatch.setattr(stream, "KEEP_ALIVE_S", 0.05)
    await in_line(line, engine, code, room=RoomSettings(state="paused"))
    await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    follower = Follower(app, code)
    await until(lambda: follower.text.count(": still here\n\n") == 2)
    await line.leave(code, "alice")
    await follower.ends()

    assert len(follower.places) == 1


async def test_a_page_in_which_nothing_changes_shows_that_it_was_asked_again(
    client, app, line, engine, code, monkeypatch
):
    monkeypatch.setattr(stream, "KEEP_ALIVE_S", 0.05)
    await in_line(line, engine, code, room=RoomSettings(state="paused"))
    await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))
    await client.get(f"/signin?token={token('alice')}&next=/me")
    cookie = {"Cookie": f"member_session={client.cookies['member_session']}"}

    follower = Follower(app, code, path="/rooms/{}/live", headers=cookie)
    await until(lambda: follower.text.count("event: place") >= 3)
    follower.goes_away()

    times = re.findall(r'datetime="([^"]+)" data-seconds', follower.text)
    assert len(set(times)) > 3  # when they came, and three times when it was updated
    # Scripts can't see a comment: a page learns by an event that its connection lives.
    assert "event: beat\ndata: 1\n\n" in follower.text


async def test_too_many_streams_are_refused_until_one_is_free(parts, line, engine, code):
    await in_line(line, engine, code)
    app = app_with(parts, limits=WebLimits(live_streams_max=1))

    async with client_of(app) as client:
        for member in ("alice", "bob"):
            await client.post(f"/api/rooms/{code}/enter", headers=by(member))
        path = f"/api/rooms/{code}/live"
        follower = Follower(app, code)
        await until(lambda: app.state.streams.open == 1)
        refused = await asyncio.wait_for(client.get(path, headers=by("bob")), 60)
        follower.goes_away()
        await follower.ends()
        await serve(line, engine, code)
        bobs = await client.get(path, headers=by("bob"))

    assert "place" in checked_problem(refused, "unavailable", 503)["detail"]
    assert refused.headers["retry-after"] == "5"
    assert '"issued"' in bobs.text


async def test_who_goes_away_frees_their_stream(client, app, line, engine, code):
    await in_line(line, engine, code)
    await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    follower = Follower(app, code)
    follower.reads.clear()  # a full buffer that nobody empties
    await until(lambda: follower.status == 200)
    follower.goes_away()
    await follower.ends()

    assert app.state.streams.open == 0
    assert app.state.streams._audiences == {}


async def test_the_framework_and_what_stands_before_it_agree_in_each_problem(
    client, parts, app, line, engine, code, line_away
):
    await in_line(line, engine, code)
    await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))
    ticket = (await client.get(f"/api/rooms/{code}/place", headers=by("alice"))).json()["ticket"]
    strangers = MemberTokens(["a-secret-that-nobody-here-knows-of-32!"], "").sign("alice")
    named = {"X-Request-Id": "asked-of-both"}
    full = app_with(parts, limits=WebLimits(live_streams_max=0))
    away = app_with(parts, line=line_away)

    for asked, room, headers, type_ in (
        (app, code, {}, "not_signed_in"),
        (app, code, {"Authorization": "Basic x"}, "not_signed_in"),
        (app, code, {"Authorization": "Bearer "}, "not_signed_in"),
        (app, code, {"Cookie": "member_session=stale"}, "not_signed_in"),
        (app, code, {"Authorization": f"Bearer {strangers}"}, "bad_token"),
        (app, code, {"Waitroom-Ticket": f"{ticket}x"}, "bad_ticket"),
        (app, code, by("bob") | {"Waitroom-Ticket": ticket}, "bad_ticket"),
        (app, code, by("bob"), "not_in_line"),
        (app, f"{code}-no", by("alice"), "no_such_room"),
        (app, "NO!", by("alice"), "no_such_room"),
        (full, code, by("alice"), "unavailable"),
        (away, code, by("alice"), "unavailable"),
    ):
        hot, slow = [
            await _got(application, f"/api/rooms/{room}/live", headers | named)
            for application in (asked, framework_of(asked))
        ]
        assert (hot.json()["type"], hot.status_code) == (type_, slow.status_code), headers
        assert hot.json() == slow.json()
        assert dict(hot.headers) == dict(slow.headers) | {
            name: hot.headers[name] for name in ("content-length",)
        }


async def test_tokens_sessions_and_tickets_are_each_enough(client, app, line, engine, code):
    await in_line(line, engine, code)
    entered = await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))
    session = session_of(app.state.parts.sessions)
    await serve(line, engine, code)

    for headers in (
        by("alice"),
        {"Cookie": f"a=b; member_session={session}"},
        {"Waitroom-Ticket": entered.json()["ticket"]},
        by("alice") | {"Waitroom-Ticket": entered.json()["ticket"]},
    ):
        for application in (app, framework_of(app)):
            answer = await _got(application, f"/api/rooms/{code}/live", headers)
            assert '"member_id":"alice"' in answer.text


async def _got(application, path, headers) -> httpx.Response:
    transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await asyncio.wait_for(client.get(path, headers=headers), 60)
