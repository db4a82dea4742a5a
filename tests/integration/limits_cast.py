"""Senders, by address and by member, and an app that limits them."""

import asyncio
import secrets

import httpx

from tests.integration.web_cast import (
    app_with,
    client_of,
)
from web.limits.client_ip import TrustedProxies
from web.limits.limit_values import WebLimits

MOST = 40
OWN = 4


def an_address() -> str:
    """Of the range for documentation, which nobody had before: counts outlive a test."""
    return f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1"


def limited(parts, proxies: str = "", **limits: int):
    values = {"address_requests_max": MOST, "member_requests_max": 0} | limits
    return app_with(parts, limits=WebLimits(**values), proxies=TrustedProxies(proxies))


def from_(app, address: str) -> httpx.AsyncClient:
    """Somebody whose connection comes from this address."""
    return client_of(app, address)


async def flood(client, method: str, path: str, times: int = 100, **more) -> list[httpx.Response]:
    return await asyncio.gather(*(client.request(method, path, **more) for _ in range(times)))


def statuses(answers: list[httpx.Response]) -> dict[int, int]:
    codes = [answer.status_code for answer in answers]
    return {code: codes.count(code) for code in set(codes)}


def member() -> str:
    return f"m-{secrets.token_hex(4)}"
