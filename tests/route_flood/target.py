"""Target: the product on servers of its own, with rooms to flood and a signed-in admin."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

from domain.room_settings import RoomSettings
from processes.local_stack import LocalStack, ProcessCounts
from tests.patron import Failed, KeptConnection, Tally
from tests.route_table import Call
from web.auth.passwords import Passwords

FORWARDED_FOR = "X-Forwarded-For"
# Routes that issue directly need a coupon without a line.
DIRECT_END = "/issue"
LOGO = b"\x89PNG\r\n\x1a\n" + bytes(1_000)
STOCK = 1_000_000
# Slower than the arrivals, so that there is a line.
ROOM = RoomSettings(rate_per_s=20, burst=20, seats=2_000)
# Of one address in ten seconds; the product's own is five times as much, which a process that
# serves pages does not reach on a busy machine within the seconds of a flood.
ADDRESS_REQUESTS_MAX = 600


@dataclass(frozen=True, slots=True)
class Target:
    """line, direct: codes of a coupon with a line and of one without. admin: headers."""

    stack: LocalStack
    line: str
    direct: str
    admin: dict[str, str]

    def request(self, call: Call, who: dict[str, str]) -> bytes:
        """The bytes of a request to this route. who: headers that identify the sender."""
        code = self.direct if call.route.endswith(DIRECT_END) else self.line
        path = call.path(
            code=code,
            id=secrets.token_hex(16),
            member_id="flooder",
            visit_id=secrets.token_hex(16),
            rest="cart",
            token="forged",
            scene="waiting",
        )
        headers = {"Host": f"127.0.0.1:{self.stack.port}", "Content-Length": "0", **who}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{call.method} {path} HTTP/1.1\r\n{lines}\r\n".encode()

    def member(self, call: Call, member_id: str) -> dict[str, str]:
        """A member's credentials: a token for the API, a session for pages."""
        if call.route.startswith("/api/"):
            return {"Authorization": f"Bearer {self.stack.identity.sign(member_id)}"}
        return {"Cookie": self.stack.session_cookies([member_id])[0]}


@contextmanager
def open_target(web_processes: int, address_requests_max: int) -> Iterator[Target]:
    """Run the product, which trusts X-Forwarded-For of this host.

    All limits but ADDRESS_REQUESTS_MAX are the usual ones.
    """
    password = secrets.token_urlsafe(16)
    environ = {
        "FORWARDED_ALLOW_IPS": "127.0.0.1",
        "ADDRESS_REQUESTS_MAX": str(address_requests_max),
        "ADMIN_PASSWORD_HASH": Passwords().hashed(password),
    }
    with LocalStack(
        ProcessCounts(web_processes=web_processes, workers=1, environ=environ)
    ) as stack:
        line, direct = "flooded", "flooded-direct"
        stack.offer(line, STOCK, room=ROOM)
        stack.offer(direct, STOCK, issuing="pessimistic")
        admin = asyncio.run(_signed_in(stack.port, password))
        asyncio.run(_dress(stack.port, line, admin))
        yield Target(stack, line, direct, admin)


async def _signed_in(port: int, password: str) -> dict[str, str]:
    """The headers of an admin who signed in with a password. Raises Failed."""
    connection = KeptConnection(port, Tally())
    form = urlencode({"name": "admin", "password": password}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    head, _ = await connection.answer("POST", "/admin/signin", headers, form)
    connection.hang_up()
    cookie = head.cookies.get("admin_session")
    if head.status != 303 or not cookie:
        raise Failed(f"the admin could not sign in: {head.status}")
    return {"Cookie": f"admin_session={cookie}"}


async def _dress(port: int, code: str, admin: dict[str, str]) -> None:
    """Give the room a colour and a logo, so that their routes are flooded too. Raises Failed."""
    connection, room = KeptConnection(port, Tally()), f"/api/admin/rooms/{code}"
    for method, path, kind, content in (
        ("PATCH", f"{room}/branding", "application/json", b'{"colour": "#0c6a56"}'),
        ("PUT", f"{room}/logo", "image/png", LOGO),
    ):
        head, body = await connection.answer(method, path, {**admin, "Content-Type": kind}, content)
        if head.status != 200:
            raise Failed(f"{method} {path}: {head.status} {body[:200].decode()}")
    connection.hang_up()
