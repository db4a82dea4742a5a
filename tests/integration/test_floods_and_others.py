"""A flood keeps nobody else waiting: its refusals are held back, and senders take turns."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import httpx
import pytest

from tests.integration.limits_cast import an_address, from_, member
from tests.integration.web_cast import ADMIN, app_with, by, in_line
from web.limits.limit_values import WebLimits

pytestmark = pytest.mark.usefixtures("patient_limits")

FLOOD = 100
CALLS = [
    ("POST", "/api/rooms/{code}/enter"),  # the hot path
    ("GET", "/api/coupons"),
    ("GET", "/coupons/{code}"),
    ("GET", "/healthz"),
    ("GET", "/static/app.css"),
]


@pytest.fixture
async def offered(line, engine, code):
    await in_line(line, engine, code)


@pytest.mark.usefixtures("offered")
@pytest.mark.parametrize(("method", "route"), CALLS)
async def test_refusals_are_held_back_and_others_are_not(parts, code, monkeypatch, method, route):
    monkeypatch.setattr("web.limits.refusal_pace.PER_S", 0.01)
    monkeypatch.setattr("web.limits.refusal_pace.BURST", 2)
    monkeypatch.setattr("web.limits.refusal_pace.HELD_MAX_S", 60.0)
    limits = WebLimits(
        address_requests_max=2, looks_factor=1, health_requests_max=2, exempt_ips="none"
    )
    app, path = app_with(parts, limits=limits), route.replace("{code}", code)
    async with from_(app, an_address()) as bot, from_(app, an_address()) as other:
        flood = [
            asyncio.create_task(bot.request(method, path, headers=by(member()))) for _ in range(40)
        ]
        done, held = await asyncio.wait(flood, timeout=1)
        fine = await other.request(method, path, headers=by("alice"))
        change = await bot.patch(f"/api/admin/rooms/{code}", json={"rate_per_s": 7}, headers=ADMIN)
        for one in held:
            one.cancel()

    assert held
    assert sum(one.result().status_code == 429 for one in done) <= 2
    assert fine.status_code < 300
    assert change.status_code == 200


async def test_wrong_passwords_are_held_back_too(parts, monkeypatch):
    monkeypatch.setattr("web.limits.refusal_pace.PER_S", 0.01)
    monkeypatch.setattr("web.limits.refusal_pace.BURST", 2)
    monkeypatch.setattr("web.limits.refusal_pace.HELD_MAX_S", 60.0)
    app, form = app_with(parts, limits=WebLimits(exempt_ips="none")), {"name": member()}
    async with from_(app, an_address()) as bot:
        tries = [asyncio.create_task(bot.post("/admin/signin", data=form)) for _ in range(30)]
        done, held = await asyncio.wait(tries, timeout=2)
        for one in held:
            one.cancel()

    assert held
    assert sum(one.result().status_code == 429 for one in done) <= 2


@pytest.mark.usefixtures("offered")
@pytest.mark.parametrize("path", ["/", "/api/coupons", "/me", "/static/app.css", "/nowhere"])
async def test_a_visitor_does_not_wait_for_the_end_of_a_flood(parts, path):
    app = app_with(parts, limits=WebLimits(exempt_ips="none"))
    async with from_(app, an_address()) as bot, from_(app, an_address()) as alice:
        for client in (bot, alice):  # what is made at the first asking
            await client.get(path)
        answered = await in_order(*[("bot", bot, path, {})] * FLOOD, ("alice", alice, path, {}))

    assert answered.index("alice") < FLOOD / 2


@pytest.mark.parametrize(("path", "headers"), [("/admin/signin", ADMIN), ("/healthz", {})])
async def test_admins_and_health_checks_do_not_wait_for_a_crowd(parts, path, headers):
    app = app_with(parts, limits=WebLimits(exempt_ips="none"))
    async with AsyncExitStack() as stack:
        crowd = [await stack.enter_async_context(from_(app, an_address())) for _ in range(FLOOD)]
        await crowd[0].get("/signin")
        await crowd[0].get(path, headers=headers)
        answered = await in_order(
            *[("member", one, "/signin", {}) for one in crowd], ("first", crowd[0], path, headers)
        )

    assert answered.index("first") < FLOOD / 2


async def in_order(*asked: tuple[str, httpx.AsyncClient, str, dict[str, str]]) -> list[str]:
    """Who was answered, in this order, all of them having asked at once."""
    answered: list[str] = []

    async def ask(name: str, client: httpx.AsyncClient, path: str, headers: dict) -> None:
        await client.get(path, headers=headers)
        answered.append(name)

    await asyncio.gather(*(ask(*one) for one in asked))
    return answered
