"""What the web's tests begin with: an application, people with credentials, and what is stored."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from html.parser import HTMLParser
from secrets import randbelow
from typing import Any

import httpx
import jwt
from argon2 import PasswordHasher
from fastapi import FastAPI
from redis import Redis
from sqlalchemy import Engine, select

from application.apply_settings import apply_settings
from application.report_outcomes import report_outcomes
from domain.room import ROOM_KINDS
from issuance.direct import DirectIssuer
from issuance.issue import issue
from issuance.offers import Offer
from issuance.tables import metadata
from tests.integration.cast import HOUR, now, on_offer
from waitroom.line import Line
from waitroom.redis_io.keys import ROOMS, rooms_key
from web.app import create_app
from web.auth.member_tokens import MemberTokens
from web.auth.passwords import Passwords
from web.container import WebContainer
from web.middleware.security import HEADERS

MEMBER_SECRET = "the-shop-and-we-know-this-secret-of-members"
TICKET_SECRET = "we-alone-know-this-secret-of-the-tickets"
ADMIN_TOKEN = "an-admin-sends-this-token-with-each-call"
# Real hashes, which take a thousandth of the usual time.
CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
ADMIN = {"Authorization": f"Bearer {ADMIN_TOKEN}"}

# The forms that only read: filters, and a sale to compare with.
READS = re.compile(r"/admin/(audit|overview|rooms/[^/]+/compare)")

# What may become of any call at all, and is not repeated for each.
MAY_ALWAYS_BE = {"not_found", "method_not_allowed", "body_too_large", "body_too_slow", "internal"}
PLACE_KEYS = {
    "room", "state", "place", "ahead", "eta_s", "ask_again_s", "arrived_at", "remain_count",
    "ticket", "issued_coupon", "refusal",
}  # fmt: skip
ISSUED_KEYS = {
    "id", "coupon_code", "member_id", "status", "issued_at", "used_at", "expire_date",
    "short_code",
}  # fmt: skip


def app_with(parts: WebContainer, **changes: Any) -> FastAPI:
    """The application, with some of its parts changed."""
    if "engine" in changes:
        changes["direct"] = DirectIssuer(changes["engine"], parts.direct._redis)
    return create_app(replace(parts, **changes))


def client_of(app: FastAPI, address: str = "127.0.0.1") -> httpx.AsyncClient:
    """Somebody who asks this application; as a browser does, they keep its cookies.

    address: where their connection comes from.

    Whatever problem they meet must be one that /openapi.json says that call can have.
    """

    async def is_documented(answer: httpx.Response) -> None:
        if answer.headers.get("content-type") == "application/problem+json":
            await answer.aread()
            type_ = answer.json()["type"]
            call = (answer.request.method, answer.request.url.path)
            assert type_ in MAY_ALWAYS_BE | documented_problems(app, *call), (call, type_)

    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 1234)),
        base_url="http://test",
        event_hooks={"response": [is_documented]},
    )


def documented_problems(app: FastAPI, method: str, path: str) -> set[str]:
    """The types of problems that /openapi.json has examples of for this call."""
    found: set[str] = set()
    for template, operations in app.openapi()["paths"].items():
        if re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path):
            for response in operations.get(method.lower(), {}).get("responses", {}).values():
                problem = response.get("content", {}).get("application/problem+json", {})
                found |= problem.get("examples", {}).keys()
    return found


def token(member_id: str) -> str:
    """Unlike any other: a hand-over token works once."""
    valid_s = 3_600 + randbelow(1_000_000)
    return MemberTokens([MEMBER_SECRET], ADMIN_TOKEN).sign(member_id, valid_s=valid_s)


def by(member_id: str) -> dict[str, str]:
    """The headers of a call that this member makes."""
    return {"Authorization": f"Bearer {token(member_id)}"}


def signed(claims: Mapping[str, object], secret: str = MEMBER_SECRET, **options: Any) -> str:
    return jwt.encode(dict(claims), secret, **options)


def a_coupon_in(code: str, **changes: object) -> dict[str, Any]:
    """A coupon as an admin sends it."""
    body = {
        "code": code,
        "description": "Spring sale",
        "discount": {"kind": "amount", "value": 5_000},
        "total_count": 10,
        "opens_at": (now() - HOUR).isoformat(),
        "expire_date": (now() + HOUR).isoformat(),
    }
    return body | changes


async def in_line(line: Line, engine: Engine, code: str, total: int = 10, **changes: Any) -> Offer:
    """A coupon on offer, its line in force."""
    offer = on_offer(engine, code, total, **changes)
    await apply_settings(line, offer)
    return offer


async def serve(line: Line, engine: Engine, code: str, at_most: int = 100) -> tuple[str, ...]:
    """Let the head of the line through and issue to them, as admitter and worker do."""
    admission = await line.admit(code, at_most=at_most, lease_s=15)
    await report_outcomes(line, issue(engine, code, admission.members, now()))
    return admission.members


async def until(true: Callable[[], object]) -> None:
    """Wait until `true()` is; fails where it isn't within 20 s, which only a failure takes."""
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110  # what is waited for happens in the application
            await asyncio.sleep(0.005)


def checked_problem(answer: httpx.Response, type_: str, status: int) -> dict[str, Any]:
    """The body of an answer that must be this problem, in the form all problems have."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text[:300]
    body: dict[str, Any] = answer.json()
    assert (body["type"], body["status"], answer.status_code) == (type_, status, status), body
    assert body["title"].strip()
    assert len(body["detail"].split()) > 2
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers.get("retry-after") == _text(body.get("retry_after_s"))
    assert answer.headers.get("www-authenticate") == ("Bearer" if status == 401 else None)
    assert body["request_id"] == answer.headers["x-request-id"] != ""
    has_safe_headers(answer)
    return body


def has_safe_headers(answer: httpx.Response) -> None:
    for name, value in HEADERS.items():
        assert answer.headers.get(name) == value


def cookies_set(answer: httpx.Response) -> dict[str, str]:
    """Each cookie of the answer, with its attributes as they were sent."""
    sent = answer.headers.get_list("set-cookie")
    return {one.partition("=")[0]: one.partition("=")[2] for one in sent}


def stored(redis_url: str, engine: Engine, *codes: str) -> dict[str, Any]:
    """Everything there is of these rooms in Redis, and everything in Postgres."""
    with Redis.from_url(redis_url) as redis:
        keys = sorted(key for code in codes for key in redis.scan_iter(f"waitroom:{{{code}}}*"))
        kept: dict[str, Any] = {key.decode(): redis.dump(key) for key in keys}
        kept["known to the line"] = [redis.sismember(ROOMS, code) for code in codes]
    with engine.begin() as tx:
        for table in metadata.sorted_tables:
            kept[table.name] = tx.execute(select(table).order_by(*table.primary_key)).all()
    return kept


def forget_rooms(redis_url: str, code: str) -> None:
    """Admitters go through all rooms there are: a test's rooms are not left to the next one's."""
    with Redis.from_url(redis_url) as redis:
        for key in redis.scan_iter(f"waitroom:{{{code}*"):
            redis.delete(key)
        for rooms in map(rooms_key, ROOM_KINDS):
            for room in redis.sscan_iter(rooms, f"{code}*"):
                redis.srem(rooms, room)


class Html(HTMLParser):
    """What a browser would find on a page: its forms, its text, and what must not be there."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        assert answer.headers["content-type"] == "text/html; charset=utf-8", answer.headers
        has_safe_headers(answer)
        self.forms: dict[str, dict[str, str]] = {}
        self.by_button: dict[str, dict[str, str]] = {}
        self.text = ""
        self.title = ""
        self.place: dict[str, str | None] = {}
        self._open = [""]
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        inline = [name for name in found if name.startswith("on") or name == "style"]
        assert not inline, f"<{tag}> has {inline}"
        assert tag != "style"
        if tag == "script":
            assert (found.get("src") or "").startswith("/static/")
        self._open.append(tag)
        if tag == "form":
            assert found.get("method") == "post" or READS.fullmatch(found.get("action") or "")
            action = found.get("action") or ""
            self.forms.pop(action, None)  # so that the last one is the present one
            self.forms[action] = {}
        elif tag == "input" and self.forms:
            fields = self.forms[next(reversed(self.forms))]
            fields[found.get("name") or ""] = found.get("value") or ""
        elif tag == "button" and self.forms:
            self.by_button[found.get("name") or ""] = self.forms[next(reversed(self.forms))]
        elif found.get("id") == "place":
            self.place = found

    def handle_data(self, data: str) -> None:
        assert self._open[-1] != "script" or not data.strip()
        self.text += data
        if self._open[-1] == "title":
            self.title += data

    def handle_endtag(self, _tag: str) -> None:
        self._open.append("")


def _text(number: object) -> str | None:
    return None if number is None else str(number)
