"""Side: one revision's processes, on servers of their own, ready to be loaded."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from domain.settings_spec import RATE_PER_S_MAX, SEATS_MAX, SIZE_MAX
from tests.house import House, open_house
from tests.rolling_upgrade.release import Release
from tests.servers import Servers, drop_database, fresh_database

WEB_PROCESSES = WORKERS = 2
# No limit that a crowd could meet.
WIDE_OPEN = {
    "rate_per_s": RATE_PER_S_MAX,
    "burst": int(RATE_PER_S_MAX),
    "seats": SEATS_MAX,
    "size_max": SIZE_MAX,
}
SETTINGS = {
    "BACKLOG_MAX": "200",
    "DEMO": "0",
    "FORWARDED_ALLOW_IPS": "127.0.0.1",
    "LEASE_S": "120",
    "WEB_DB_CONNECTIONS": str(4 * WEB_PROCESSES),
    "WORKERS": str(WORKERS),
}


@dataclass(frozen=True, slots=True)
class Side:
    release: Release
    house: House

    @property
    def name(self) -> str:
        return self.release.name

    def new_room(self, coupons: int, *, paused: bool = False) -> str:
        """The code of a coupon that is open, whose room has no limits."""
        code = f"pair-{secrets.token_hex(4)}"
        self.house.offer(code, coupons, **WIDE_OPEN)
        if paused:
            self.house.admin("PATCH", f"/rooms/{code}", {"state": "paused"})
        return code

    def url(self, code: str, action: str) -> str:
        return f"{self.house.base_url}/api/rooms/{code}/{action}"

    def counts(self, code: str) -> tuple[int, int]:
        """How many entered, and how many of them have a coupon."""
        room = self.house.admin("GET", f"/rooms/{code}")
        return room["entered"], room["issued"]


@contextmanager
def open_sides(releases: list[Release], folder: Path, token_secret: str) -> Iterator[list[Side]]:
    """Both revisions at once, so that they can be loaded in turn; both take the same tokens."""
    with ExitStack() as stack:
        yield [stack.enter_context(_open_side(one, folder, token_secret)) for one in releases]


@contextmanager
def _open_side(release: Release, folder: Path, token_secret: str) -> Iterator[Side]:
    own = folder / f"{release.name}-logs"
    own.mkdir(mode=0o755)
    settings = {**SETTINGS, "MEMBER_TOKEN_SECRETS": token_secret}
    # Of its own, as two revisions cannot share a Redis.
    with Servers(environ={}) as servers:
        name = f"waitroom_pairs_{secrets.token_hex(4)}"
        url = fresh_database(servers.database_url, name)
        try:
            with open_house(url, servers.redis_url, own, **settings) as house:
                _start(release, house)
                yield Side(release, house)
        finally:
            drop_database(servers.database_url, name)


def _start(release: Release, house: House) -> None:
    release.command(house, "migrate")
    release.start(house, "admitter")
    release.start(house, "worker", "--workers", str(WORKERS))
    release.start(house, "web", "--port", str(house.port), "--processes", str(WEB_PROCESSES))
    house.until_ready()
