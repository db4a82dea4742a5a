"""Followers: people who read their streams while the test goes on, as fast or slow as they like."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from fastapi import FastAPI

from tests.integration.web_cast import by
from tests.signed_in import session_of
from web.middleware.access_log import AccessLogMiddleware


class Connection:
    """The server's side of one request without a body, until `over`."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self._is_asked = False

    async def receive(self) -> dict[str, Any]:
        if not self._is_asked:
            self._is_asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.over.wait()
        return {"type": "http.disconnect"}


class Follower:
    """Somebody who follows their place, by the ASGI application itself; httpx waits for the end.

    While `reads` is clear they take nothing: what is sent to them waits.
    """

    def __init__(
        self,
        app: Any,
        code: str,
        member_id: str = "alice",
        *,
        path: str = "/api/rooms/{}/live",
        headers: dict[str, str] | None = None,
    ) -> None:
        self.text = ""
        self.status = 0
        self.taken: list[str] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self._connection = Connection()
        given = by(member_id) if headers is None else headers
        scope = asked_by_hand(path.format(code), given)
        self.task = asyncio.create_task(app(scope, self._connection.receive, self._send))

    @property
    def places(self) -> list[dict[str, Any]]:
        return [json.loads(data) for data in events(self.text)]

    @property
    def states(self) -> list[str]:
        return [place["state"] for place in self.places]

    def goes_away(self) -> None:
        self._connection.over.set()

    async def ends(self) -> None:
        await asyncio.wait_for(self.task, 20)

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        await self.reads.wait()
        self.taken.append(message["body"].decode())
        self.text += self.taken[-1]
        if not message.get("more_body", False):
            self._connection.over.set()


def asked_by_hand(path: str, headers: dict[str, str]) -> dict[str, Any]:
    """A request as a server hands it over."""
    given = {"host": "test"} | headers
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
        "client": ("127.0.0.1", 1),
        "server": ("test", 80),
        "state": {},
    }


def events(text: str) -> list[str]:
    """The data of each event of a stream; each has the form that all have."""
    *blocks, rest = text.split("\n\n")
    assert rest == "" or not text
    found = []
    for block in blocks:
        if block.startswith(":"):
            continue
        match = re.fullmatch(r"(retry: \d+\n)?(id: \d+\n)?event: place((\ndata: .*)+)", block)
        assert match, block
        found.append("\n".join(line[len("data: ") :] for line in match[3][1:].split("\n")))
    return found


def framework_of(app: FastAPI) -> Any:
    """The application without what stands before it."""
    return last_layer_of(app)._app


def last_layer_of(app: FastAPI) -> Any:
    """The last layer before the framework."""
    layer = app._hot_path  # type: ignore[attr-defined]
    while not isinstance(layer._app, AccessLogMiddleware):
        layer = layer._app
    return layer


def page_of(app, code, member_id="alice") -> Follower:
    session = session_of(app.state.parts.sessions, member_id)
    headers = {"Cookie": f"member_session={session}"}
    return Follower(app, code, path="/rooms/{}/live", headers=headers)


def states(page: Follower) -> list[str]:
    return [told.partition('data-state="')[2].partition('"')[0] for told in events(page.text)]
