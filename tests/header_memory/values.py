"""Values: for each header of a request, many distinct ones, each as long as is read."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from load.bench.tokens import tokens
from processes.local_stack import LocalStack
from web.auth.member_tokens import Visitor
from web.auth.sessions import SESSION_COOKIE, Sessions

FORWARDED_FOR = "X-Forwarded-For"
# All others come from these: so many that none meets a limit.
ADDRESSES = [f"198.18.0.{number}" for number in range(250)]
PLACE, PAGE, API = "/api/rooms/{code}/place", "/nowhere", "/api/coupons"
# As long as the longest Accept-Language, ticket or name of a request that is looked at.
LENGTH = 256

Values = Callable[[LocalStack, int], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Header:
    """title: what its values are. path: of a route that reads the header."""

    title: str
    name: str
    path: str
    values: Values


def _long(prefix: str) -> Values:
    def made(_: LocalStack, count: int) -> Iterator[str]:
        filling = secrets.token_hex(LENGTH // 2)
        for number in range(count):
            yield f"{prefix}{number:07}{filling}"[:LENGTH]

    return made


def _addresses(_: LocalStack, count: int) -> Iterator[str]:
    for number in range(count):
        yield f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def _address_lists(_: LocalStack, count: int) -> Iterator[str]:
    """Two addresses with ports, as long as is kept."""
    for number in range(count):
        yield f"10.9.9.9, [2001:db8:{number >> 16:x}:{number & 65535:x}:ffff:ffff:ffff:ffff]:65535"


def _nonsense_addresses(_: LocalStack, count: int) -> Iterator[str]:
    for number in range(count):
        yield f"unknown-{number:07}-{'x' * 60}"


def _tokens(stack: LocalStack, count: int) -> Iterator[str]:
    members = [f"member-{number}" for number in range(count)]
    for token in tokens(stack.environ["MEMBER_TOKEN_SECRETS"], members):
        yield f"Bearer {token}"


def _sessions(stack: LocalStack, count: int) -> Iterator[str]:
    sessions, now_us = Sessions([stack.environ["TICKET_SECRETS"]]), int(time.time() * 1_000_000)
    for number in range(count):
        visitor = sessions.begin(Visitor(f"browser-{number}", f"Browser {number}"), now_us)
        yield f"{SESSION_COOKIE}={sessions.sign(visitor)}"


def _request_ids(_: LocalStack, count: int) -> Iterator[str]:
    for number in range(count):
        yield f"{number:064}"


def _traces(_: LocalStack, count: int) -> Iterator[str]:
    for number in range(1, count + 1):
        yield f"00-{number:032x}-00000000000000ff-01"


HEADERS = (
    Header("addresses", FORWARDED_FOR, API, _addresses),
    Header("lists of addresses", FORWARDED_FOR, API, _address_lists),
    Header("nonsense", FORWARDED_FOR, API, _nonsense_addresses),
    Header("members' tokens", "Authorization", PLACE, _tokens),
    Header("nonsense", "Authorization", PLACE, _long("Bearer ")),
    Header("members' sessions", "Cookie", "/me", _sessions),
    Header("nonsense", "Cookie", "/me", _long(f"{SESSION_COOKIE}=")),
    Header("languages", "Cookie", PAGE, _long("lang=")),
    Header("nonsense", "Waitroom-Ticket", PLACE, _long("")),
    Header("languages", "Accept-Language", PAGE, _long("ko, x-")),
    Header("ids", "X-Request-Id", PLACE, _request_ids),
    Header("traces", "traceparent", PLACE, _traces),
    Header("tags", "If-None-Match", API, _long("W/")),
    Header("names", "Host", API, _long("host-")),
    Header("names", "Origin", API, _long("https://")),
)
