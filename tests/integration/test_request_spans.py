"""Each request begins and ends once, whichever layers it passes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.room_settings import RoomSettings
from tests.integration.sse_cast import page_of
from tests.integration.web_cast import app_with, by, client_of, in_line, until
from tests.signed_in import session_of


class Span:
    traceparent = ""

    def __init__(self) -> None:
        self.ended: list[tuple[str, str, int, str]] = []

    def end(self, method: str, route: str, status: int, room: str) -> None:
        self.ended.append((method, route, status, room))


class Spans:
    """Traces requests in memory."""

    def __init__(self) -> None:
        self.begun: list[Span] = []

    def begin(self, _traceparent: str) -> Span:
        self.begun.append(Span())
        return self.begun[-1]


@pytest.fixture
def spans() -> Spans:
    return Spans()


PLACE, TICKET_PAGE, FORM = "/api/rooms/{code}/place", "/rooms/{code}", "/rooms/{code}/enter"


@pytest.mark.parametrize(
    ("method", "route", "status"),
    [
        ("GET", PLACE, 200), ("POST", "/api/rooms/{code}/enter", 202),
        ("GET", TICKET_PAGE, 200), ("GET", "/coupons/{code}", 200), ("POST", FORM, 303),
        ("GET", "/me", 200),
    ],
)  # fmt: skip
async def test_an_answered_request(parts, line, engine, code, spans, method, route, status):
    app = app_with(parts, tracing=spans)
    await in_line(line, engine, code)
    await line.enter(code, "alice")
    headers = by("alice") if route.startswith("/api") else cookie(parts)

    async with client_of(app) as client:
        answer = await client.request(method, route.format(code=code), headers=headers)

    assert answer.status_code == status
    ended = (method, route, status, code if "{code}" in route else "")
    assert [span.ended for span in spans.begun] == [[ended]]


@pytest.mark.parametrize("route", [PLACE, TICKET_PAGE])
async def test_a_request_that_is_passed_on(parts, spans, route):
    app = app_with(parts, tracing=spans)
    headers = by("alice") if route == PLACE else cookie(parts)

    async with client_of(app) as client:
        await client.get(route.format(code="unknown"), headers=headers)

    assert [span.ended for span in spans.begun] == [[("GET", route, 404, "unknown")]]


async def test_a_form_that_the_room_refuses(parts, line, engine, code, spans):
    app = app_with(parts, tracing=spans)
    await in_line(line, engine, code, room=RoomSettings(state="draining"))

    async with client_of(app) as client:
        await client.post(f"/rooms/{code}/enter", headers=cookie(parts))

    assert [[end[:2] for end in span.ended] for span in spans.begun] == [[("POST", FORM)]]


@pytest.mark.parametrize("route", [PLACE, TICKET_PAGE, "/me"])
async def test_a_request_over_a_limit(parts, line, engine, code, spans, route):
    limits = replace(parts.limits, address_requests_max=1)
    app = app_with(parts, tracing=spans, limits=limits)
    await in_line(line, engine, code)
    await line.enter(code, "alice")
    headers = by("alice") if route == PLACE else cookie(parts)

    async with client_of(app, address="203.0.113.7") as client:
        answers = [await client.get(route.format(code=code), headers=headers) for _ in range(9)]

    assert answers[-1].status_code == 429
    assert [len(span.ended) for span in spans.begun] == [1] * 9
    room = code if "{code}" in route else ""
    assert spans.begun[-1].ended == [("GET", route, 429, room)]


async def test_a_stream(parts, line, engine, code, spans):
    app = app_with(parts, tracing=spans)
    await in_line(line, engine, code)
    await line.enter(code, "alice")

    page = page_of(app, code)
    await until(lambda: page.text)
    page.goes_away()
    await page.ends()

    assert [span.ended for span in spans.begun] == [[("GET", "/rooms/{code}/live", 200, code)]]


def cookie(parts) -> dict[str, str]:
    return {"cookie": f"member_session={session_of(parts.sessions, 'alice')}"}
