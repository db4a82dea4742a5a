"""Signing out ends all sessions of a member, in every browser and every process."""

from __future__ import annotations

import pytest

from tests.integration.hand_over_cast import followed, link, who
from tests.integration.sse_cast import Follower
from tests.integration.web_cast import (
    MEMBER_SECRET,
    TICKET_SECRET,
    Html,
    app_with,
    by,
    client_of,
    cookies_set,
    in_line,
    until,
)
from tests.signed_in import session_of
from web.auth.member_tokens import Visitor
from web.auth.sessions import Sessions
from web.sse.session_watch import READS_PER_EXPIRY_CHECK


@pytest.fixture
async def phone(app):
    """Another device of the same member."""
    async with client_of(app) as opened:
        yield opened


async def test_signing_out_here_ends_the_session_there(client, phone):
    await followed(client, link("alice"))
    await followed(phone, link("alice"))

    await client.post("/signout")

    assert await who(phone) is None
    assert (await phone.get("/api/me/coupons")).status_code == 401


async def test_a_copied_cookie_works_until_its_session_ends(client, phone):
    await followed(client, link("alice"))
    phone.cookies.update(client.cookies)
    assert (await phone.get("/api/me/coupons")).status_code == 200

    await client.post("/signout")

    assert (await phone.get("/api/me/coupons")).status_code == 401


async def test_who_signs_in_again_at_once_is_signed_in(client):
    for _ in range(3):
        await followed(client, link("alice"))
        assert await who(client) == "alice"
        await client.post("/signout")
        assert await who(client) is None


async def test_signing_out_ends_nobody_elses_session(client, phone):
    await followed(client, link("alice"))
    await followed(phone, link("bob"))

    await client.post("/signout")

    assert await who(phone) == "bob"


@pytest.fixture
async def elsewhere(parts):
    """Another process, on the same Redis: it reads who has signed out once a second."""
    app = app_with(parts, sessions=Sessions([TICKET_SECRET], old_secrets=[MEMBER_SECRET]))
    async with client_of(app) as opened:
        opened.app = app
        yield opened


async def test_another_process_ends_the_session_when_it_looks(client, elsewhere):
    await followed(client, link("alice"))
    elsewhere.cookies.update(client.cookies)
    await client.post("/signout")

    await elsewhere.app.state.session_watch.run_once()

    assert (await elsewhere.get("/api/me/coupons")).status_code == 401


async def test_a_process_that_starts_later_ends_it_too(parts, client):
    await followed(client, link("alice"))
    kept = dict(client.cookies)
    await client.post("/signout")

    app = app_with(parts, sessions=Sessions([TICKET_SECRET], old_secrets=[MEMBER_SECRET]))
    await app.state.session_watch.run_once()
    async with client_of(app) as later:
        later.cookies.update(kept)
        assert (await later.get("/api/me/coupons")).status_code == 401


async def test_a_session_of_the_release_before_ends_too(client):
    await followed(client, link("alice"))
    old = {"session": client.cookies["session"]}
    client.cookies.clear()
    client.cookies.update(old)
    assert await who(client) == "alice"

    await client.post("/signout")
    client.cookies.update(old)

    assert (await client.get("/api/me/coupons")).status_code == 401


async def test_while_redis_is_away_this_browser_is_signed_out_and_told_the_rest(
    parts, client, line_away
):
    await followed(client, link("alice"))

    async with client_of(app_with(parts, line=line_away)) as away:
        away.cookies.update(client.cookies)
        answer = await away.post("/signout")

    assert answer.status_code == 503
    assert "not on your other devices" in Html(answer).text
    assert "Max-Age=0" in cookies_set(answer)["member_session"]
    assert await who(client) == "alice", "as it was said"


async def test_asking_needs_no_call(parts, client, line_away):
    """A session is read without Redis: what is known of its end is known already."""
    await followed(client, link("alice"))

    async with client_of(app_with(parts, line=line_away)) as away:
        away.cookies.update(client.cookies)
        assert (await away.get("/api/me/coupons")).status_code == 200


@pytest.mark.parametrize("path", ["/rooms/{}/live", "/api/rooms/{}/live"])
async def test_the_streams_of_a_session_end_with_it(app, line, engine, code, path):
    await in_line(line, engine, code)
    for member in ("alice", "bob"):
        await line.enter(code, member)
    begun = {
        member: Follower(
            app,
            code,
            path=path,
            headers={"Cookie": f"member_session={session_of(app.state.parts.sessions, member)}"},
        )
        for member in ("alice", "bob")
    }
    for stream in begun.values():
        await until(lambda stream=stream: stream.text)

    await app.state.session_watch.sign_out(Visitor("alice", "Alice"))

    await until(lambda: begun["alice"].task.done())
    assert not begun["bob"].task.done()
    if path.startswith("/rooms"):
        assert 'data-state="signed_out"' in begun["alice"].text
    begun["bob"].goes_away()
    await begun["bob"].ends()


async def test_a_stream_ends_with_the_time_of_its_session(app, parts, line, engine, code):
    await in_line(line, engine, code)
    await line.enter(code, "alice")
    clock = [1_000.0]
    sessions = Sessions([TICKET_SECRET], now=lambda: clock[0])
    timed = app_with(parts, sessions=sessions)
    text = sessions.sign(sessions.begin(Visitor("alice", "A"), 999_000_000, 1_060))
    stream = Follower(timed, code, headers={"Cookie": f"member_session={text}"})
    await until(lambda: stream.text)

    clock[0] = 1_060.0
    for _ in range(READS_PER_EXPIRY_CHECK):
        await timed.state.session_watch.run_once()

    await until(stream.task.done)
    assert not stream.task.cancelled()


async def test_a_stream_by_a_token_goes_on(app, line, engine, code):
    """A token is the shop's and ends with its exp: signing out ends sessions."""
    await in_line(line, engine, code)
    await line.enter(code, "alice")
    stream = Follower(app, code, headers=by("alice"))
    await until(lambda: stream.text)

    await app.state.session_watch.sign_out(Visitor("alice", "Alice"))

    assert not stream.task.done()
    stream.goes_away()
    await stream.ends()
