"""Gate: whose request this is, and whether they have asked too often.

By address before anything is read or verified, and by member once it is known who asks. What an
address is refused costs next to nothing here: its answers are written once.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from time import monotonic
from typing import cast

import structlog
from fastapi import Request
from starlette.types import Scope

from waitroom.limiter import Limiter
from waitroom.neighbours import neighbours_of, packed
from web.addresses import HEADER, Proxies
from web.parts import WebLimits
from web.problems import Problem

log = structlog.get_logger(__name__)

_FORWARDED = HEADER.encode()
# What a request was counted as, so that it is counted once wherever it comes by.
_ADDRESS, _MEMBER = "waitroom.address", "waitroom.member"
STREAMS_RETRY_S = 10
SAY_EVERY_S = 10.0


class Gate:
    """Raises Problem too_many_requests for whoever is over one of `limits`."""

    def __init__(self, limiter: Limiter, proxies: Proxies, limits: WebLimits) -> None:
        self._limiter = limiter
        self._proxies = proxies
        self._limits = limits
        self._exempt = [
            (network, int(network.network_address), int(network.netmask))
            for network in networks(limits.exempt_ips)
        ]
        self._streams: dict[str, int] = {}
        self._refused = {"address": 0, "member": 0}
        self._said_at = -SAY_EVERY_S
        # An address is worked out once, not for each of its requests.
        self._who = lru_cache(maxsize=50_000)(self._counted_as)

    def who(self, scope: Scope) -> str:
        """As what this request's address is counted; empty where it isn't."""
        client = scope.get("client")
        forwarded: tuple[bytes, ...] = ()
        if self._proxies.any_trusted:
            forwarded = tuple(value for name, value in scope["headers"] if name == _FORWARDED)
        return self._who(client[0] if client else "", forwarded)

    def _counted_as(self, peer: str, forwarded: tuple[bytes, ...]) -> str:
        address = self._proxies.sender(peer, [value.decode("latin-1") for value in forwarded])
        try:
            ip = packed(address)
        except ValueError:
            return ""  # a socket of this machine: it has no address
        number, bits = int.from_bytes(ip), 8 * len(ip)
        if any(
            bits == network.max_prefixlen and number & mask == first
            for network, first, mask in self._exempt
        ):
            return ""
        return f"a {neighbours_of(address)}"

    async def admit_address(self, scope: Scope) -> str:
        """Count the request once, wherever it comes by; what `who` says of it.

        Raises Problem too_many_requests.
        """
        if unanswered := self.address_at_once(scope):
            await unanswered
        return cast(str, scope[_ADDRESS])

    async def admit_member(self, scope: Scope, member_id: str) -> None:
        """Count it for the member too, once. Raises Problem too_many_requests."""
        await self.admit_address(scope)
        if unanswered := self.member_at_once(scope, member_id):
            await unanswered

    # Nearly everybody is let through, or refused, without Redis: a crowd is not to pay for a
    # coroutine each. These two answer as those above, and give one only where Redis must be asked.
    def address_at_once(self, scope: Scope) -> Awaitable[None] | None:
        if _ADDRESS in scope:
            return None
        who = scope[_ADDRESS] = self.who(scope)
        most = self._limits.address_requests_max
        return self._counted("address", who, most) if who and most else None

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

    @contextmanager
    def stream(self, scope: Scope) -> Iterator[None]:
        """While a stream is open. Raises Problem too_many_requests where its address has enough."""
        who = self.who(scope)
        most = self._limits.address_streams_max
        if not who or not most:
            yield
            return
        if self._streams.get(who, 0) >= most:
            raise Problem(
                "too_many_requests",
                "Too many pages are open here from your network. Ask for your place instead.",
                {"retry_after_s": STREAMS_RETRY_S},
            )
        self._streams[who] = self._streams.get(who, 0) + 1
        try:
            yield
        finally:
            self._streams[who] -= 1
            if not self._streams[who]:
                del self._streams[who]


def networks(text: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Comma separated addresses and networks; `none`: none. Raises ValueError."""
    words = [word.strip() for word in text.split(",") if word.strip() not in ("", "none")]
    return [ipaddress.ip_network(word) for word in words]


def gate_of(request: Request) -> Gate:
    return cast(Gate, request.app.state.gate)
