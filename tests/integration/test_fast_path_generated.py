"""What is answered before the framework is what the framework answers, for requests of any form."""

import asyncio
import copy
import gzip
import json
import re
from collections import Counter
from random import Random
from typing import Any

import pytest

from tests.integration.asked_cast import Drawn
from tests.integration.cast import on_offer
from tests.integration.sse_cast import Connection, framework_of, last_layer_of
from tests.integration.web_cast import in_line

SEED, COUNT = 20_261_128, 1_500
# What is made anew for each answer, or added by layers that only compress.
_WHEN = re.compile(r"delay:[\d.]+s|<time datetime=\"[^\"]*\" data-seconds>[^<]*")
UNLIKE = {"content-length", "content-encoding", "vary"}


class Answer:
    """What was sent, until the first event of a stream."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.body = b""
        self._connection = Connection()

    async def by(self, app: Any, scope: dict[str, Any]) -> "Answer":
        await asyncio.wait_for(app(copy.deepcopy(scope), self._connection.receive, self._send), 10)
        return self

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [
                (one.decode(), two.decode("latin-1")) for one, two in message["headers"]
            ]
            return
        self.body += message.get("body", b"")
        if self.body or not message.get("more_body", False):
            self._connection.over.set()

    @property
    def told(self) -> Any:
        """All that both must agree on; the clock's part in when to ask again is left out."""
        headers = dict(self.headers)
        cookies = [
            sorted(value.lower().split("; "))
            for name, value in self.headers
            if name == "set-cookie"
        ]
        kept = {name: value for name, value in headers.items() if name not in UNLIKE}
        return (
            self.status,
            kept | {"set-cookie": cookies},
            self._said(headers.get("content-type", "")),
        )

    def _said(self, content_type: str) -> Any:
        is_packed = self.body.startswith(b"\x1f\x8b")
        text = (gzip.decompress(self.body) if is_packed else self.body).decode()
        if content_type.startswith("text/event-stream"):
            data = [one[6:] for one in text.splitlines() if one.startswith("data: ")]
            text = _WHEN.sub("when", "\n".join(data))
        try:
            said = json.loads(text)
        except ValueError:
            return text
        if isinstance(said, dict):
            for changing in ("eta_s", "ask_again_s"):
                if said.get(changing) is not None:
                    said[changing] = "some time"
        return said


@pytest.fixture
async def drawn(line, engine, code):
    """Alice waits, Bob doesn't; both hold a coupon that is issued directly, as asking for it would
    change the first answer alone.
    """
    await in_line(line, engine, code)
    on_offer(engine, f"{code}-d", 100, issuing="pessimistic")
    alice_us = (await line.enter(code, "alice")).arrival_us
    return Drawn.of(code, alice_us, Random(SEED))


async def test_the_fast_path_and_the_framework_give_the_same_answers(app, drawn):
    framework = framework_of(app)
    left: Counter[str] = Counter()
    last = last_layer_of(app)

    async def counted(scope: Any, receive: Any, send: Any) -> None:
        left["framework"] += 1
        await framework(scope, receive, send)

    last._app = counted
    seen: Counter[tuple[str, int]] = Counter()
    unlike: list[object] = []
    answered = 0

    for number in range(COUNT):
        scope = drawn.request()
        before = left["framework"]
        # An odd one is answered by the framework first, so that neither is always second.
        order = (app, framework) if number % 2 else (framework, app)
        one, other = [await Answer().by(each, scope) for each in order]
        if {one.status, other.status} == {200, 201}:
            one.status = other.status  # the second time it is held
        if one.told != other.told:
            unlike.append((scope["method"], scope["path"], scope["headers"], one.told, other.told))
        answered += left["framework"] == before
        seen[(scope["path"].rpartition("/")[2], one.status)] += 1

    assert unlike == []
    assert answered >= COUNT / 6
    for what in (("enter", 202), ("enter", 401), ("place", 200), ("place", 401), ("place", 404)):
        assert seen[what] >= 10, (what, seen)
    for what in (("issue", 200), ("issue", 401), ("live", 200), ("live", 401), ("live", 303)):
        assert seen[what] >= 10, (what, seen)
