"""A place as server-sent events: each change, until a final state, in a bounded number."""

import asyncio
import json

import pytest

from domain.room_settings import RoomSettings
from issuance.issue import issue
from tests.integration.cast import now
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
from web.api import live
from web.parts import WebLimits
from web.teller import tell


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A beat of a second is for people."""
    monkeypatch.setattr(live, "BEAT_S", 0.02)


def places(text: str) -> list[dict]:
    """The data of each event of a stream."""
    *events, rest = text.split("\n\n")
    assert rest == ""
    told = [event.split("\n") for event in events if not event.startswith(":")]
    assert all(name == "event: place" and data.startswith("data: ") for name, data in told)
    return [json.loads(data.removeprefix("data: ")) for _, data in told]


def asked_by_hand(code: str) -> dict:
    """A request as a server hands it over, with a version of ASGI that tells of disconnects."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "path": f"/api/rooms/{code}/live",
        "raw_path": f"/api/rooms/{code}/live".encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": [(b"host", b"test"), (b"authorization", f"Bearer {token('alice')}".encode())],
        "client": ("127.0.0.1", 1),
        "server": ("test", 80),
        "state": {},
    }


class Follower:
    """Alice, who reads what her stream tells while it does: httpx's transport waits for its end."""

    def __init__(self, app, code: str) -> None:
        self.text = ""
        self._task = asyncio.create_task(app(asked_by_hand(code), self._receive, self._send))

    async def ends(self) -> None:
        await asyncio.wait_for(self._task, 5)

    async def _receive(self):
        await asyncio.Event().wait()

    async def _send(self, message) -> None:
        self.text += message.get("body", b"").decode()


async def test_a_stream_tells_each_change_and_ends_when_it_is_decided(
    client, app, line, engine, code
):
    await in_line(line, engine, code)
    for member in ("bob", "alice"):
        await client.post(f"/api/rooms/{code}/enter", headers=by(member))

    follower = Follower(app, code)
    await until(lambda: len(places(follower.text)) == 1)
    await client.delete(f"/api/rooms/{code}/place", headers=by("bob"))
    await until(lambda: len(places(follower.text)) == 2)
    await line.admit(code, at_most=1, lease_s=15)
    await until(lambda: len(places(follower.text)) == 3)
    await tell(line, issue(engine, code, ["alice"], now()))
    await follower.ends()

    told = places(follower.text)
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

    async with asyncio.timeout(5):
        alices = await client.get(f"/api/rooms/{code}/live", headers=by("alice"))
        bobs = await client.get(f"/api/rooms/{code}/live", headers=by("bob"))

    assert [one["state"] for one in places(alices.text)] == ["issued"]
    assert [one["state"] for one in places(bobs.text)] == ["refused"]
    assert alices.status_code == 200
    assert alices.headers["content-type"].startswith("text/event-stream")
    assert alices.headers["cache-control"] == "no-store"
    has_safe_headers(alices)


async def test_a_stream_ends_where_its_owner_has_left_the_line(client, app, line, engine, code):
    await in_line(line, engine, code)
    await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    following = asyncio.create_task(client.get(f"/api/rooms/{code}/live", headers=by("alice")))
    await until(lambda: app.state.streams.open == 1)
    await client.delete(f"/api/rooms/{code}/place", headers=by("alice"))
    answer = await asyncio.wait_for(following, 5)

    assert [one["state"] for one in places(answer.text)] == ["waiting"]
    assert app.state.streams.open == 0


async def test_nobody_follows_a_line_they_are_not_in(client, app, line, engine, code):
    await in_line(line, engine, code)

    answer = await client.get(f"/api/rooms/{code}/live", headers=by("alice"))

    checked_problem(answer, "not_in_line", 404)
    assert app.state.streams.open == 0


async def test_a_quiet_stream_says_now_and_then_that_it_is_alive(
    client, app, line, engine, code, monkeypatch
):
    monkeypatch.setattr(live, "KEEP_ALIVE_S", 0.05)
    await in_line(line, engine, code, room=RoomSettings(state="paused"))
    await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    follower = Follower(app, code)
    await until(lambda: follower.text.count(": still here\n\n") == 2)
    await line.leave(code, "alice")
    await follower.ends()

    assert len(places(follower.text)) == 1


async def test_too_many_streams_are_refused_until_one_is_free(parts, line, engine, code):
    await in_line(line, engine, code)
    app = app_with(parts, limits=WebLimits(live_streams_max=1))

    async with client_of(app) as client:
        for member in ("alice", "bob"):
            await client.post(f"/api/rooms/{code}/enter", headers=by(member))
        path = f"/api/rooms/{code}/live"
        alices = asyncio.create_task(client.get(path, headers=by("alice")))
        await until(lambda: app.state.streams.open == 1)
        refused = await asyncio.wait_for(client.get(path, headers=by("bob")), 5)
        await serve(line, engine, code)
        await asyncio.wait_for(alices, 5)
        bobs = await client.get(path, headers=by("bob"))

    assert "place" in checked_problem(refused, "unavailable", 503)["detail"]
    assert refused.headers["retry-after"] == "5"
    assert [one["state"] for one in places(bobs.text)] == ["issued"]


@pytest.mark.parametrize("leaves_at", ["http.response.start", "http.response.body"])
async def test_who_goes_away_frees_their_stream(client, app, line, engine, code, leaves_at):
    await in_line(line, engine, code)
    await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))
    gone = asyncio.Event()

    async def receive():
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        if message["type"] == leaves_at:
            gone.set()
            await asyncio.sleep(60)  # a full buffer that nobody empties

    await asyncio.wait_for(app(asked_by_hand(code), receive, send), 5)

    assert app.state.streams.open == 0
