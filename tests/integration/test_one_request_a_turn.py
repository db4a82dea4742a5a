"""Requests that waited for the same answer of Redis begin one in each turn of the event loop."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter

import pytest

from tests.integration.web_cast import ADMIN_TOKEN, app_with
from tests.signed_in import session_of
from web.auth.sessions import SESSION_COOKIE
from web.fast_path.too_many_requests import RateLimitedResponses
from web.limits.limit_values import WebLimits
from web.middleware.access_log import AccessLog

pytestmark = pytest.mark.usefixtures("patient_limits")

# More than a process lets through by itself, and fewer than are refused.
REQUESTS, ADDRESS_MOST, MEMBER_MOST = 40, 1_000, 100


class Recorder:
    """An ASGI application that notes in which turn of the event loop each request begins."""

    def __init__(self) -> None:
        self.begun: Counter[int] = Counter()
        self._turn = 0
        self._next_turn()

    def _next_turn(self) -> None:
        self._turn += 1
        self._handle = asyncio.get_running_loop().call_soon(self._next_turn)

    async def __call__(self, _scope, _receive, _send) -> None:
        self.begun[self._turn] += 1

    def close(self) -> None:
        self._handle.cancel()


@pytest.fixture
async def recorder():
    made = Recorder()
    yield made
    made.close()


def page_request(**headers: str) -> dict:
    return {
        "type": "http",
        "method": "GET",
        "path": "/me/coupons",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": (f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1", 1234),
    }


async def begin_at_once(parts, recorder: Recorder, scope: dict) -> None:
    limits = WebLimits(address_requests_max=ADDRESS_MOST, member_requests_max=MEMBER_MOST)
    app = app_with(parts, limits=limits)
    access_log = AccessLog(app.state.http_counters)
    limited = RateLimitedResponses(recorder, app, app.state.rate_limit, access_log)
    await asyncio.gather(*(limited({**scope}, None, None) for _ in range(REQUESTS)))


async def test_a_strangers(parts, recorder):
    await begin_at_once(parts, recorder, page_request())

    assert recorder.begun.total() == REQUESTS
    assert max(recorder.begun.values()) == 1


async def test_a_members(parts, recorder):
    member_id = f"m-{secrets.token_hex(4)}"
    scope = page_request(cookie=f"{SESSION_COOKIE}={session_of(parts.sessions, member_id)}")

    await begin_at_once(parts, recorder, scope)

    assert recorder.begun.total() == REQUESTS
    assert max(recorder.begun.values()) == 1


async def test_an_admins(parts, recorder):
    scope = page_request(authorization=f"Bearer {ADMIN_TOKEN}") | {"path": "/api/admin/rooms"}

    await begin_at_once(parts, recorder, scope)

    assert recorder.begun.total() == REQUESTS
    assert max(recorder.begun.values()) == 1
