"""RateLimit: limits requests and open streams by address, member and admin.

By address before a request is read or verified, and by member after. Refusing an address is cheap,
as its answers are cached.

Every path belongs to one class of limits. Health checks and pages' static files have limits of
their own, so that neither can use up the other's, even behind one shared address. Verified admins
have one each.
"""

from __future__ import annotations

import asyncio
import ipaddress
import math
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
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

LimitClass = Literal["requests", "looks", "health", "checks"]
# Classes that count for the address only, not for the member.
OF_NO_MEMBER: frozenset[LimitClass] = frozenset({"looks", "health", "checks"})
# Classes without a limit by address, and why.
LIMIT_EXCUSES: dict[LimitClass, str] = {
    "checks": "a site's proxy asks about all its visitors from one address",
}

# Programs that watch us, or verify passes: they must get an answer while the crowd gets none.
_HEALTH = ("/healthz", "/readyz", "/livez", "/metrics", "/.well-known/")
_ADMIN = ("/admin", "/api/admin/")
_CROWDS = ("/api/", "/rooms/", "/coupons/")
_LOOKS = ("/brand.css", "/logo")
_FORWARDED = HEADER.encode()
# The scope's keys for what a request was counted as, so that it counts once.
_ADDRESS, _MEMBER = "waitroom.address", "waitroom.member"
# All clients without a readable address count as one.
UNREADABLE = "unreadable"
# Longer headers are not cached, which bounds the cache in bytes.
_KEPT_LENGTH_MAX = 96
_KEPT_MAX = 50_000
STREAMS_RETRY_S = 10
LOG_EVERY_S = 10.0


class RateLimit:
    """Raises Problem too_many_requests where a client exceeds one of `limits`."""

    def __init__(self, limiter: RateLimiter, proxies: TrustedProxies, limits: WebLimits) -> None:
        self._limiter = limiter
        self._proxies = proxies
        self._limits = limits
        self._processes_min = limits.processes
        self.share_among(limits.processes)
        self._most: dict[LimitClass, int] = {
            "requests": limits.address_requests_max,
            "looks": limits.address_requests_max * limits.looks_factor,
            "health": limits.health_requests_max if limits.address_requests_max else 0,
            **dict.fromkeys(LIMIT_EXCUSES, 0),
        }
        self._exempt = parse_networks(limits.exempt_ips)
        self._streams: dict[str, int] = {}
        self._refused = {"address": 0, "member": 0, "admin": 0}
        self._logged_at = -LOG_EVERY_S
        self._has_warned = False
        self._pace = RefusalPace()
        # Resolve an address once, not for each of its requests.
        self._known = lru_cache(maxsize=_KEPT_MAX)(self._resolve)

    def share_among(self, processes: int) -> None:
        """Share what a process decides by itself among so many, on all hosts."""
        processes = max(processes, self._processes_min)
        self._limiter.share_among(processes)
        self._limits = replace(self._limits, processes=processes)

    def sender(self, scope: Scope) -> str:
        """The client's address: for IPv6 the first of its /64; UNREADABLE where there is none."""
        return self._sender(scope)[0]

    def count_key(self, scope: Scope, headers: Mapping[bytes, bytes] | None = None) -> str:
        """The key that this request's address counts under; "" where it is exempt.

        headers: by name, where the caller has read them.
        """
        sender, is_exempt = self._sender(scope, headers)
        return "" if is_exempt else sender

    def _sender(
        self, scope: Scope, headers: Mapping[bytes, bytes] | None = None
    ) -> tuple[str, bool]:
        client = scope.get("client")
        peer = client[0] if client else ""
        if headers is not None and _FORWARDED not in headers:
            return self._known(peer, ())
        forwarded = [value for name, value in scope["headers"] if name == _FORWARDED]
        if not forwarded:
            return self._known(peer, ())
        known = self._known if sum(map(len, forwarded)) <= _KEPT_LENGTH_MAX else self._resolve
        return known(peer, tuple(forwarded))

    def _resolve(self, peer_text: str, forwarded: tuple[bytes, ...]) -> tuple[str, bool]:
        """The sender, and whether it is exempt from limits."""
        peer = parse_address(peer_text)
        address = self._proxies.client_address(
            peer, [value.decode("latin-1") for value in forwarded]
        )
        if address is None:
            return UNREADABLE, False
        # An untrusted proxy counts as one client with all its users, and is never exempt: its
        # address does not prove that the request is the operator's own.
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
                "X-Forwarded-For comes from a peer that FORWARDED_ALLOW_IPS does not name: all its "
                "clients count as one. If it is your proxy, add it to FORWARDED_ALLOW_IPS.",
                peer=peer,
            )

    async def admit_address(self, scope: Scope) -> None:
        """Count the request for its address, once. Raises Problem too_many_requests."""
        if unanswered := self.address_at_once(scope):
            await unanswered

    async def admit_member(self, scope: Scope, member_id: str) -> None:
        """Count the request for its address and its member, once. Raises as `admit_address`."""
        await self.admit_address(scope)
        if unanswered := self.member_at_once(scope, member_id):
            await unanswered

    def excuse(self, scope: Scope) -> None:
        """Don't count this request for its address, as a site's program has proved who it is."""
        scope[_ADDRESS] = ""

    async def admit_admin(self, scope: Scope, name: str) -> None:
        """Count a verified admin's request for the admin only, not for the address.

        Raises Problem too_many_requests.
        """
        who = scope[_ADDRESS] = self.count_key(scope)
        most = self._limits.admin_requests_max if self._limits.address_requests_max else 0
        if who and most and (unanswered := self._counted("admin", f"admin {name}", most)):
            await unanswered

    # Most requests are decided without Redis, and a coroutine for each would be too slow. These two
    # decide as those above, and return an awaitable only where Redis must be asked.
    def address_at_once(
        self, scope: Scope, headers: Mapping[bytes, bytes] | None = None
    ) -> Awaitable[None] | None:
        """headers: as `count_key` takes them."""
        if _ADDRESS in scope:
            return None
        who = scope[_ADDRESS] = self.count_key(scope, headers)
        share = limit_class(scope["path"])
        most = self._most[share]
        return self._counted("address", f"{share} {who}", most) if who and most else None

    def member_at_once(self, scope: Scope, member_id: str) -> Awaitable[None] | None:
        """Needs a request whose address was counted before."""
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
        """The problem; logs the number of refusals regularly, without addresses or members."""
        self._refused[kind] += 1
        if monotonic() - self._logged_at >= LOG_EVERY_S:
            log.warning("requests refused by rate limits", **self._refused)
            self._logged_at = monotonic()
            self._refused = dict.fromkeys(self._refused, 0)
        return Problem("too_many_requests", None, {"retry_after_s": max(1, math.ceil(wait_s))})

    async def hold_back(self) -> None:
        """Delay a refusal, so that a flood of them can't keep this process busy."""
        if wait_s := self._pace.wait_s():
            await asyncio.sleep(wait_s)

    @contextmanager
    def stream(self, scope: Scope, member_id: str) -> Iterator[None]:
        """Count a stream while it is open.

        Raises Problem too_many_requests where its address or member has too many in this process.
        """
        who, limits = self.count_key(scope), self._limits
        if not who:
            yield
            return
        held = {who: limits.address_streams_share, f"m {member_id}": limits.member_streams_share}
        if any(most and self._streams.get(one, 0) >= most for one, most in held.items()):
            raise Problem(
                "too_many_requests",
                "You have too many streams open. Poll for your place instead.",
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
    """The class of limits that this path belongs to."""
    if path.startswith(_CROWDS):  # most requests, so first
        return "looks" if path.endswith(_LOOKS) and path.startswith("/rooms/") else "requests"
    if path.startswith("/static/"):
        return "looks"
    if path.startswith(_HEALTH):
        return "health"
    if path.startswith("/check/"):
        return "checks"
    return "requests"


def is_for_admins(path: str) -> bool:
    """Whether this path takes an admin's credentials."""
    return path.startswith(_ADMIN)


def parse_networks(text: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Parse comma separated addresses and networks; `none` is none. Raises ValueError."""
    words = [word.strip() for word in text.split(",") if word.strip() not in ("", "none")]
    return [ipaddress.ip_network(word) for word in words]


def get_rate_limit(request: Request) -> RateLimit:
    return cast(RateLimit, request.app.state.rate_limit)
