"""Admins of the console: made, and signed in as a browser does it."""

from __future__ import annotations

from typing import Any

import httpx
from redis import Redis
from sqlalchemy import Engine

from domain.admin import Admin, Role
from issuance.admins import add
from tests.integration.cast import now
from tests.integration.web_cast import CHEAP

PASSWORD = "correct horse battery"


def an_admin(engine: Engine, name: str, role: Role = "operator") -> str:
    """Their name; the password is PASSWORD."""
    add(engine, Admin(name, role), CHEAP.hashed(PASSWORD), who="test", now=now())
    return name


async def sign_in(
    client: httpx.AsyncClient, name: str, password: str = PASSWORD, **more: Any
) -> httpx.Response:
    form = {"name": name, "password": password, "next": "/admin"}
    return await client.post("/admin/signin", data=form, **more)


async def signed_in(client: httpx.AsyncClient, engine: Engine, name: str, role: Role) -> None:
    """As a new admin of this role, with nothing but the session."""
    answer = await sign_in(client, an_admin(engine, name, role))
    assert answer.status_code == 303, answer.text
    arrived = await client.get(answer.headers["location"])
    assert (arrived.status_code, arrived.headers["location"]) == (303, "/admin"), arrived.text


def forget_attempts(redis_url: str) -> None:
    """Tests come from one address, and are not to slow each other down."""
    with Redis.from_url(redis_url) as redis:
        for key in redis.scan_iter("waitroom:{sign in}:*"):
            redis.delete(key)
