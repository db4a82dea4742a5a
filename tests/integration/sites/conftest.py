"""Fixtures of sites' tests: an application with keys for passes, and a browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from redis import Redis

from passes.signer import PassSigner
from tests.integration.site_web_cast import Browser
from tests.integration.web_cast import forget_rooms
from tests.pass_keys import ISSUER, PASS_KEYS
from waitroom.redis_io.keys import rooms_key
from web.container import WebContainer


@pytest.fixture
def parts(parts: WebContainer) -> WebContainer:
    signer = PassSigner(PASS_KEYS, issuer=ISSUER, now=parts.line.clock.now_s)
    return replace(parts, base_url=ISSUER, passes=signer)


@pytest.fixture
def person(client: httpx.AsyncClient) -> Browser:
    return Browser(client)


@pytest.fixture(autouse=True)
def forgotten(redis_url: str, code: str) -> Iterator[None]:
    yield
    forget_rooms(redis_url, code)
    with Redis.from_url(redis_url) as redis:
        redis.srem(rooms_key("site"), code, f"{code}-b")
