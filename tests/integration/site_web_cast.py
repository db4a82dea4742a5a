"""A site's room as browsers find it, in Postgres and in the line, and visitors' browsers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from redis import Redis
from sqlalchemy import Engine

from domain.sites.site_room import SiteRoom
from domain.sites.site_settings import SiteSettings
from tests.integration.site_cast import site_room_there, site_there
from waitroom.line import Line
from waitroom.redis_io.keys import Keys

NAVIGATES = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "none"}
FROM_PAGE = {"sec-fetch-site": "same-origin"}


async def site_room_open(line: Line, engine: Engine, code: str, **changes: Any) -> SiteRoom:
    """A room of a site with the same code, open for an hour. changes: settings of either kind."""
    own = {name: changes.pop(name) for name in list(changes) if name in SiteSettings.__slots__}
    own |= {n: changes.pop(n) for n in list(changes) if n in SiteSettings.__dataclass_fields__}
    site = site_there(engine, code)
    room = site_room_there(engine, site, code, settings=SiteSettings(**own), **changes)
    await line.apply_settings(room.room)
    return room


@dataclass
class Browser:
    """A browser: keeps cookies of our host, and follows no redirect by itself."""

    client: httpx.AsyncClient
    cookies: dict[str, str] = field(default_factory=dict)

    async def ask(self, method: str, path: str, **headers: str) -> httpx.Response:
        self.client.cookies.clear()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = await self.client.request(method, path, headers=sent)
        for name, value in answer.cookies.items():
            self.cookies[name] = value
        self.client.cookies.clear()
        return answer

    async def go(self, path: str) -> httpx.Response:
        """Navigate there; one answer."""
        return await self.ask("GET", path, **NAVIGATES)

    async def arrive(self, path: str) -> httpx.Response:
        """Navigate there, and follow redirects within the line's own host."""
        answer = await self.go(path)
        while answer.is_redirect and answer.headers["location"].startswith("/"):
            answer = await self.go(answer.headers["location"])
        return answer

    async def press(self, path: str) -> httpx.Response:
        """Post a form of our page."""
        return await self.ask("POST", path, **FROM_PAGE)


def lose(redis_url: str, code: str, *names: str) -> None:
    """Let Redis lose these keys of the room."""
    with Redis.from_url(redis_url) as redis:
        redis.delete(*(getattr(Keys(code), name) for name in names))


def pass_in(address: str) -> str:
    [token] = parse_qs(urlsplit(address).query)["waitroom_pass"]
    return token


def state_of(page: httpx.Response) -> str:
    return page.text.partition('data-state="')[2].partition('"')[0]
