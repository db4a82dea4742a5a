"""Bots: programs without a token, or with a forged one, among honest members.

locust -f load/scenarios/bots.py --headless -u 400 --coupon spring
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import ClassVar

import gevent
import jwt
from locust.env import Environment

from load.locust_users.member import Member
from load.locust_users.shape import OneLifeEach
from load.locust_users.visitor import Visitor

__all__ = ["Bot", "Honest", "OneLifeEach"]

NOT_SIGNED_IN = ("not_signed_in",)
BAD_TOKEN = ("bad_token",)
Headers = dict[str, str]


class Honest(Member):
    """An honest member, who must not notice the bots."""

    abstract = False


class Bot(Visitor):
    """Tries every route in turn with missing or invalid credentials; each must be refused."""

    abstract = False
    rounds: ClassVar[int] = 2

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.me = self.crowd.name_for("bot")
        self.crowd.outsiders.add(self.me)
        self.client.client.cookiejar = None

    def life(self) -> None:
        for _ in range(self.rounds):
            for headers, refusals in self._disguises():
                self._try_every_route(headers, refusals)
            self._try_foreign_routes()
            gevent.sleep(1)

    def _disguises(self) -> Iterator[tuple[Headers, tuple[str, ...]]]:
        """Headers, and the problem types that must answer them."""
        soon = int(time.time()) + 600
        claims = {"sub": self.me, "exp": soon}
        yield {}, NOT_SIGNED_IN
        yield bearer("not-even-a-token"), BAD_TOKEN
        yield (
            bearer(jwt.encode(claims, "a secret that is not the server's" * 2, "HS256")),
            BAD_TOKEN,
        )
        yield bearer(jwt.encode(claims, "", "none")), BAD_TOKEN
        own_past = self.crowd.target.identity.sign(self.me, valid_s=-60)
        yield bearer(own_past), BAD_TOKEN

    def _try_every_route(self, headers: Headers, refusals: tuple[str, ...]) -> None:
        code = self.crowd.plan.code
        for method, path, what in (
            ("POST", f"/api/rooms/{code}/enter", "bot: enter"),
            ("GET", f"/api/rooms/{code}/place", "bot: place"),
            ("POST", f"/api/coupons/{code}/issue", "bot: issue"),
            ("GET", "/api/me/coupons", "bot: my coupons"),
        ):
            answer = self.ask(method, path, what, refusals=refusals, headers=headers or NOTHING)
            self.check(
                "a bot is refused",
                answer.slug in refusals,
                f"{what} was answered with {answer.status} {self.record_outcome(answer)}",
            )

    def _try_foreign_routes(self) -> None:
        code = self.crowd.plan.code
        forged = {"Waitroom-Ticket": "W10.a.b"}
        path = f"/api/rooms/{code}/place"
        self.ask("GET", path, "bot: place", refusals=("bad_ticket",), headers=forged)
        for path in (f"/api/admin/rooms/{code}", "/api/admin/audit"):
            made_up = bearer("x" * 43)
            self.ask("GET", path, "bot: admin", refusals=("forbidden",), headers=made_up)
        path = f"/api/rooms/{self.me.lower()}/enter"
        self.ask("POST", path, "bot: enter", refusals=(*NOT_SIGNED_IN, "no_such_room"))


def bearer(token: str) -> Headers:
    return {"Authorization": f"Bearer {token}"}


# Not an empty dictionary, which would mean the usual headers.
NOTHING = {"Accept": "*/*"}
