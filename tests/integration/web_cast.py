"""What the web's tests begin with: an application, people with credentials, and what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import httpx
import jwt
from fastapi import FastAPI
from redis import Redis
from sqlalchemy import Engine, select

from issuance.catalogue import Offer
from issuance.issue import issue
from issuance.tables import metadata
from tests.integration.cast import now, on_offer
from waitroom.keys import ROOMS
from waitroom.line import Line
from waitroom.ticket import TicketOffice
from web.identity import Identity
from web.parts import WebParts
from web.security import HEADERS
from web.settling import settle
from web.teller import tell

MEMBER_SECRET = "the-shop-and-we-know-this-secret-of-members"
TICKET_SECRET = "we-alone-know-this-secret-of-the-tickets"
ADMIN_TOKEN = "an-admin-sends-this-token-with-each-call"
ADMIN = {"Authorization": f"Bearer {ADMIN_TOKEN}"}

PLACE_KEYS = {
    "room", "state", "place", "ahead", "eta_s", "ask_again_s", "arrived_at", "remain_count",
    "ticket", "issued_coupon", "refusal",
}  # fmt: skip
ISSUED_KEYS = {
    "id", "coupon_code", "member_id", "status", "issued_at", "used_at", "expire_date"
}  # fmt: skip


def web_parts(line: Line, engine: Engine, **changes: Any) -> WebParts:
    parts = WebParts(
        line=line,
        engine=engine,
        identity=Identity([MEMBER_SECRET], ADMIN_TOKEN),
        tickets=TicketOffice([TICKET_SECRET]),
        workers=lambda: 2,
        db_connections_bound=7,
    )
    return replace(parts, **changes)


def client_of(app: FastAPI, **changes: Any) -> httpx.AsyncClient:
    """Somebody who asks this application; as a browser does, they keep its cookies."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(**({"transport": transport, "base_url": "http://test"} | changes))


def token(member_id: str) -> str:
    return Identity([MEMBER_SECRET], ADMIN_TOKEN).mint(member_id)


def by(member_id: str) -> dict[str, str]:
    """The headers of a call that this member makes."""
    return {"Authorization": f"Bearer {token(member_id)}"}


def signed(claims: Mapping[str, object], secret: str = MEMBER_SECRET, **options: Any) -> str:
    return jwt.encode(dict(claims), secret, **options)


async def in_line(line: Line, engine: Engine, code: str, total: int = 10, **changes: Any) -> Offer:
    """A coupon on offer, its line in force."""
    offer = on_offer(engine, code, total, **changes)
    await settle(line, offer)
    return offer


async def serve(line: Line, engine: Engine, code: str, at_most: int = 100) -> tuple[str, ...]:
    """Let the head of the line through and issue to them, as admitter and worker do."""
    admission = await line.admit(code, at_most=at_most, lease_s=15)
    await tell(line, issue(engine, code, admission.members, now()))
    return admission.members


def a_problem(answer: httpx.Response, type_: str, status: int) -> dict[str, Any]:
    """The body of an answer that must be this problem, in the form all problems have."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text[:300]
    body: dict[str, Any] = answer.json()
    assert (body["type"], body["status"], answer.status_code) == (type_, status, status), body
    assert body["title"].strip()
    assert len(body["detail"].split()) > 2
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers.get("retry-after") == _text(body.get("retry_after_s"))
    assert answer.headers.get("www-authenticate") == ("Bearer" if status == 401 else None)
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
        kept["rooms"] = [redis.sismember(ROOMS, code) for code in codes]
    with engine.begin() as tx:
        for table in metadata.sorted_tables:
            kept[table.name] = tx.execute(select(table).order_by(*table.primary_key)).all()
    return kept


class Html(HTMLParser):
    """What a browser would find on a page: its forms, its text, and what must not be there."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        assert answer.headers["content-type"] == "text/html; charset=utf-8", answer.headers
        has_safe_headers(answer)
        self.forms: dict[str, dict[str, str]] = {}
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
            assert found.get("method") == "post"
            self.forms[found.get("action") or ""] = {}
        elif tag == "input" and self.forms:
            fields = self.forms[next(reversed(self.forms))]
            fields[found.get("name") or ""] = found.get("value") or ""
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
