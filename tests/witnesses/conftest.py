"""Fixtures of the witnesses: ports for the checks behind a proxy, and which proxy it is."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from processes.child_process import free_port
from tests.house import House, open_house
from tests.witnesses.fronts import NAME, Front, in_front_of


@pytest.fixture
def front() -> Front:
    return Front(free_port(), free_port())


@pytest.fixture
def proxy() -> str:
    """nginx or caddy, as the command was asked."""
    return os.environ.get("WITNESS_PROXY", "nginx")


@pytest.fixture
def house(database_url, redis_url, tmp_path, front, proxy) -> Iterator[House]:
    """All processes, behind a proxy with the file of deploy/."""
    settings = {"BASE_URL": f"https://{NAME}", "FORWARDED_ALLOW_IPS": "127.0.0.1"}
    limits = {"LIMITS_EXEMPT_IPS": "none"}
    with open_house(database_url, redis_url, tmp_path, **settings, **limits) as made:
        made.start_all()
        with in_front_of(front, (made.port, made.port), proxy=proxy):
            yield made
