"""Whose request this is, and whether they have asked too often.

By address before anything is read or verified, and by member once it is known who asks. What an
address is refused costs next to nothing here: its answers are written once.

Every path belongs to one class of limits; none is free. Health checks and a page's looks have
shares of their own, so that a crowd behind one address, or a flood from it, takes neither from the
other. Admins have theirs once they are verified.
"""

from __future__ import annotations

import asyncio
import ipaddress
import math
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from time import monotonic
from typing import Literal, cast

import structlog
from fastapi import Request
from starlette.types import Scope

from waitroom.limits.ip_prefix import ip_prefix
from waitroom.limits.rate_limiter import RateLimiter
from web.limits.client_ip import HEADER, Address, TrustedProxies, parse_address
from web.limits.limit_values import WebLimits
from web.limits.refusal_pace import RefusalPace
from web.problems import Problem

log = structlog.get_logger(__name__)

LimitClass = Literal["requests", "looks", "health"]
# Counted for the address alone, and not for the member who sends them too.
OF_NO_MEMBER: frozenset[LimitClass] = frozenset({"looks", "health"})

_HEALTH = ("/healthz", "/readyz", "/livez", "/metrics")
_ADMIN = ("/admin", "/api/admin/")
_LOOKS = ("/brand.css", "/logo")
_FORWARDED = HEADER.encode()
# What a request was counted as, so that it is counted once wherever it comes by.
_ADDRESS, _MEMBER = "waitroom.address", "waitroom.member"
# All whose address can't be read are counted as one sender.
UNREADABLE = "unreadable"
# A header this long is worked out each time: what is kept here has a bound in bytes.
_KEPT_LENGTH_MAX = 96
_KEPT_MAX = 50_000
STREAMS_RETRY_S = 10
SAY_EVERY_S = 10.0


class RateLimit:
    """Raises Problem too_many_requests for whoever is over one of `limits`."""

    def __init__(self, limiter: RateLimiter, proxies: TrustedProxies, limits: WebLimits) -> None:
        self._limiter = limiter
        limiter.share_among(limits.processes)
        self._proxies = proxies
        self._limits = limits
        self._most: dict[LimitClass, int] = {
            "requests": limits.address_requests_max,
            "looks": limits.address_requests_max * limits.looks_factor,
            "health": limits.health_requests_max if limits.address_requests_max else 0,
        }
        self._exempt = parse_networks(limits.exempt_ips)
        self._streams: dict[str, int] = {}
        self._refused = {"address": 0, "member": 0, "admin": 0}
        self._said_at = -SAY_EVERY_S
        self._has_warned = False
        self._pace = RefusalPace()
        # An address is worked out once, not for each of its requests.
        self._known = lru_cache(maxsize=_KEPT_MAX)(self._resolve)

    def sender(self, scope: Scope) -> str:
        """The address that sent this: of IPv6 the first of its /64, UNREADABLE where it is none."""
        return self._sender(scope)[0]

    def count_key(self, scope: Scope) -> str:
        """As what this request's address is counted; empty where it isn't."""
        sender, is_exempt = self._sender(scope)
        return "" if is_exempt else sender

    def _sender(self, scope: Scope) -> tuple[str, bool]:
        client = scope.get("client")
        peer = client[0] if client else ""
        forwarded = [value for name, value in scope["headers"] if name == _FORWARDED]
        if not forwarded:
            return self._known(peer, ())
        known = self._known if sum(map(len, forwarded)) <= _KEPT_LENGTH_MAX else self._resolve
        return known(peer, tuple(forwarded))

    def _resolve(self, peer_text: str, forwarded: tuple[bytes, ...]) -> tuple[str, bool]:
        """The sender, and whether it has no limits."""
        peer = parse_address(peer_text)
        address = self._proxies.client_address(
            peer, [value.decode("latin-1") for value in forwarded]
        )
        if address is None:
            return UNREADABLE, False
        # A proxy that nobody named stands for all who come through it: whatever its address, it
        # is not the operator's own program.
        is_unnamed_proxy = bool(forwarded) and not self._proxies.trusts(peer)
        if is_unnamed_proxy:
            self._warn(peer_text)
        return ip_prefix(str(address)), not is_unnamed_proxy and self._is_exempt(address)

    def _is_exempt(self, address: Address) -> bool:
        return any(address in network for network in self._exempt)

    def _warn(self, peer: str) -> None:
        if not self._has_warned:
            self._has_warned = True
            log.warning(
                "X-Forwarded-For comes from a peer that FORWARDED_ALLOW_IPS does not name: all who "
                "come through it are counted as one sender. Name it if it is your proxy.",
                peer=peer,
            )

    async def admit_address(self, scope: Scope) -> None:
        """Count the request once, wherever it comes by. Raises Problem too_many_requests."""
        if unanswered := self.address_at_once(scope):
            await unanswered

    async def admit_member(self, scope: Scope, member_id: str) -> None:
        """Count it for the member too, once. Raises Problem too_many_requests."""
        await self.admit_address(scope)
        if unanswered := self.member_at_once(scope, member_id):
            await unanswered

    async def admit_admin(self, scope: Scope, name: str) -> None:
        """Count the request of a verified admin for them alone, and not for their address.

        Raises Problem too_many_requests.
        """
        who = scope[_ADDRESS] = self.count_key(scope)
        most = self._limits.admin_requests_max if self._limits.address_requests_max else 0
        if who and most and (unanswered := self._counted("admin", f"admin {name}", most)):
            await unanswered

    # Nearly everybody is let through, or refused, without Redis: a crowd is not to pay for a
    # coroutine each. These two answer as those above, and give one only where Redis must be asked.
    def address_at_once(self, scope: Scope) -> Awaitable[None] | None:
        if _ADDRESS in scope:
            return None
        who = scope[_ADDRESS] = self.count_key(scope)
        share = limit_class(scope["path"])
        most = self._most[share]
        return self._counted("address", f"{share} {who}", most) if who and most else None

    def member_at_once(self, scope: Scope, member_id: str) -> Awaitable[None] | None:
        """Whose address was counted before."""
        if scope.get(_MEMBER) == member_id:
            return None
        scope[_MEMBER] = member_id
        most = self._limits.member_requests_max
        if not most or not scope[_ADDRESS]:
            return None
        return self._counted("member", f"m {member_id}", most)

    def _counted(self, kind: str, who: str, most: int) -> Awaitable[None] | None:
        wait_s = self._limiter.take(who, most)
        if wait_s:
            raise self._refusal(kind, wait_s)
        return self._ask(kind, who, most) if wait_s is None else None

    async def _ask(self, kind: str, who: str, most: int) -> None:
        wait_s = await self._limiter.asked(who, most)
        if wait_s:
            raise self._refusal(kind, wait_s)

    def _refusal(self, kind: str, wait_s: float) -> Problem:
        """Said in the log now and then, without who: it is nobody's address book."""
        self._refused[kind] += 1
        if monotonic() - self._said_at >= SAY_EVERY_S:
            log.warning("over the limit", **self._refused)
            self._said_at = monotonic()
            self._refused = dict.fromkeys(self._refused, 0)
        return Problem("too_many_requests", None, {"retry_after_s": max(1, math.ceil(wait_s))})

    async def hold_back(self) -> None:
        """Before a refusal is answered: a flood of them must not keep this process busy."""
        if wait_s := self._pace.wait_s():
            await asyncio.sleep(wait_s)

    @contextmanager
    def stream(self, scope: Scope, member_id: str) -> Iterator[None]:
        """While a stream is open.

        Raises Problem too_many_requests where its address, or its member, has enough here.
        """
        who, limits = self.count_key(scope), self._limits
        if not who:
            yield
            return
        held = {who: limits.address_streams_share, f"m {member_id}": limits.member_streams_share}
        if any(most and self._streams.get(one, 0) >= most for one, most in held.items()):
            raise Problem(
                "too_many_requests",
                "Too many pages are open here already. Ask for your place instead.",
                {"retry_after_s": STREAMS_RETRY_S},
            )
        for one in held:
            self._streams[one] = self._streams.get(one, 0) + 1
        try:
            yield
        finally:
            for one in held:
                self._streams[one] -= 1
                if not self._streams[one]:
                    del self._streams[one]


def limit_class(path: str) -> LimitClass:
    """The share of requests from one address that this path belongs to."""
    if path.startswith("/static/") or (path.startswith("/rooms/") and path.endswith(_LOOKS)):
        return "looks"
    if path.startswith(_HEALTH):
        return "health"
    return "requests"


def is_for_admins(path: str) -> bool:
    """Whether an admin's credentials count here."""
    return path.startswith(_ADMIN)


def parse_networks(text: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Comma separated addresses and networks; `none`: none. Raises ValueError."""
    words = [word.strip() for word in text.split(",") if word.strip() not in ("", "none")]
    return [ipaddress.ip_network(word) for word in words]


def get_rate_limit(request: Request) -> RateLimit:
    return cast(RateLimit, request.app.state.gate)
