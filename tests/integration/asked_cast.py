"""Requests of a crowd, drawn at random from forms that clients and attackers send."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.integration.sse_cast import asked_by_hand
from tests.integration.web_cast import ADMIN_TOKEN, MEMBER_SECRET, TICKET_SECRET
from waitroom.tokens.ticket import Ticket, TicketSigner
from web.auth.member_tokens import MemberTokens
from web.auth.sessions import Sessions

Headers = list[tuple[bytes, bytes]]

BEARERS = (
    "Bearer {}", "Bearer  {}", "Bearer   {}", "Bearer {} ", "Bearer {}  ", "Bearer \t{}",
    "Bearer\t{}", "Bearer {}\t", "bearer {}", "BEARER {}", "bEaReR  {}", " Bearer {}", "Bearer{}",
    "Bearer \xa0{}", "Bearer {}\x85", "Bearer {}\x1f", 'Bearer "{}"', "Bearer {0},{0}",
    "Bearer {0} {0}", "Bearer Bearer {}", "Basic {}", "Token {}", "{}", "Bearer {}\xe9",
)  # fmt: skip
NO_TOKEN = (
    "",
    " ",
    "Bearer",
    "Bearer ",
    "Bearer  ",
    "Bearer \t",
    "Bearer \xa0",
    "Basic",
    "bearer ",
)
COOKIES = (
    "session={}", 'session="{}"', "a=b; session={}", "session={};", " session = {} ", "session={}x",
    "session=; session={}", "session={}; session=", "session=", "session", "=", ";;", "Session={}",
    "lang=ko; session={}", "session={}; ticket=x", "\xe9=1; session={}",
)  # fmt: skip
LENGTHS = ("0", "0", "00", "+0", "-1", "2", "x", "")
PATHS = (
    "/api/rooms/{}/enter", "/api/rooms/{}/place", "/api/coupons/{}-d/issue", "/api/rooms/{}/live",
    "/rooms/{}/live",
)  # fmt: skip
# As a server has decoded them.
ODD_PATHS = (
    "/api/rooms/{}/enter/", "//api/rooms/{}/enter", "/api//rooms/{}/place", "/api/rooms//{}/place",
    "/api/rooms/{}%2Fplace", "/api/rooms/{}/place\n", "/api/rooms/{}\n/place",
    "/api/rooms/{} /place",
    "/api/rooms/ {}/enter", "/api/rooms/./{}/enter", "/api/rooms/../rooms/{}/enter",
    "/API/rooms/{}/enter", "/api/rooms/{}/ENTER", "/api/rooms/{}x/place", "/api/rooms//place",
    "/api/rooms/{}/x/place", "/api/rooms/{}\x00/place", "/api/rooms/\uc568{}/enter",
    "/api/rooms/{}/live/",
    "/api/rooms/{}\n/live", "/rooms/{}/live\n", "/rooms//live", "/api/coupons/{}/issue",
    "/api/coupons/{}-d/issue/", "/api/coupons/{}-d\n/issue",
)  # fmt: skip


@dataclass
class Drawn:
    """What requests are drawn from, in one room where Alice waits."""

    code: str
    random: Random
    tokens: Sequence[str]
    tickets: Sequence[str]
    sessions: Sequence[str]

    @classmethod
    def of(cls, code: str, alice_us: int, random: Random) -> Drawn:
        identity = MemberTokens([MEMBER_SECRET], ADMIN_TOKEN)
        office = TicketSigner([TICKET_SECRET])
        alices, bobs = identity.sign("alice"), identity.sign("bob")
        tickets = [
            office.sign(Ticket(code, "alice", alice_us)),
            office.sign(Ticket(code, "bob", alice_us + 1)),
            office.sign(Ticket(f"{code}-d", "alice", alice_us)),
            office.sign(Ticket(code, "alice", 1_500_000_000_000_000)),
            TicketSigner(["another-secret-of-at-least-32-bytes"]).sign(
                Ticket(code, "alice", alice_us)
            ),
        ]
        tokens = [alices, alices, bobs, *(signed(*parts) for parts in UNUSUAL), alices[:-2]]
        tokens += [
            identity.sign("alice", valid_s=-60),
            ADMIN_TOKEN,
            "garbage",
            "a.b.c",
            "",
            "x" * 5_000,
        ]
        signer = Sessions([TICKET_SECRET])
        at_us = time.time_ns() // 1_000
        visitors = [identity.verify(one) for one in (alices, bobs)]
        sessions = [signer.sign(signer.begin(one, at_us)) for one in visitors]
        return cls(code, random, tokens, tickets, sessions)

    def request(self) -> dict[str, Any]:
        """A scope as a server makes it; most are nearly what a client of ours sends."""
        random = self.random
        path = random.choice(PATHS if random.random() < 0.85 else ODD_PATHS).format(self.code)
        usual = "POST" if path.endswith(("/enter", "/issue")) else "GET"
        rare = ("GET", "POST", "HEAD", "PUT", "OPTIONS", "PATCH", "get")
        scope = asked_by_hand(path, {})
        scope["method"] = usual if random.random() < 0.9 else random.choice(rare)
        scope["raw_path"] = path.encode("utf-8")
        scope["query_string"] = random.choice([b""] * 6 + [b"a=1", b"lang=ko", b"token=x", b"%ff"])
        headers: Headers = [*scope["headers"], (b"x-request-id", b"asked-of-both")]
        drawn = [*self._authorization(), *self._ticket(), *self._cookie(), *self._others()]
        random.shuffle(drawn)
        scope["headers"] = [*headers, *drawn]
        return scope

    def _authorization(self) -> Headers:
        chance, random = self.random.random(), self.random
        if chance < 0.15:
            return []
        if chance < 0.25:
            return [_header(b"authorization", random.choice(NO_TOKEN))]
        form = "Bearer {}" if chance < 0.5 else random.choice(BEARERS)
        token = self.tokens[0] if random.random() < 0.4 else random.choice(self.tokens)
        one = _header(b"authorization", form.format(token))
        twice = [one, _header(b"authorization", f"Bearer {random.choice(self.tokens)}")]
        return twice if random.random() < 0.05 else [one]

    def _ticket(self) -> Headers:
        random = self.random
        if random.random() < 0.6:
            return []
        form = random.choice(["{}"] * 6 + ["", " ", "{} ", "{}x", "{},{}", "\xe9", "garbage", "."])
        one = _header(b"waitroom-ticket", form.replace("{}", random.choice(self.tickets)))
        another = _header(b"waitroom-ticket", random.choice(["", *self.tickets]))
        return [one, another] if random.random() < 0.1 else [one]

    def _cookie(self) -> Headers:
        random = self.random
        if random.random() < 0.5:
            return []
        form = random.choice(["session={}"] * 6 + list(COOKIES))
        one = _header(b"cookie", form.format(random.choice(self.sessions)))
        return [one, (b"cookie", b"a=b")] if random.random() < 0.1 else [one]

    def _others(self) -> Headers:
        random, found = self.random, []
        if random.random() < 0.3:
            found.append(_header(b"content-length", random.choice(LENGTHS)))
        for name, values in {
            b"waitroom-solution": ["x", ""],
            b"content-type": ["application/json", "text/plain", ""],
            b"accept": ["*/*", "application/json", "text/html"],
            b"accept-language": ["ko", "en", "xx"],
            b"accept-encoding": ["gzip", "identity"],
            b"sec-fetch-site": ["same-origin", "cross-site"],
            b"origin": ["http://test", "http://evil.example"],
            b"expect": ["100-continue"],
            b"traceparent": ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "x"],
        }.items():
            if random.random() < 0.1:
                found.append(_header(name, random.choice(values)))
        return found


def _header(name: bytes, value: str) -> tuple[bytes, bytes]:
    return name, value.encode("latin-1")


def signed(head: str, claims: dict[str, Any], padding: str = "") -> str:
    """A token whose parts are exactly these."""

    def b64(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    said = f"{b64(head.encode())}.{b64(json.dumps(claims).encode())}{padding}"
    return f"{said}.{b64(hmac.digest(MEMBER_SECRET.encode(), said.encode(), hashlib.sha256))}"


_HEAD, _SOON = '{"alg":"HS256","typ":"JWT"}', 4_000_000_000
_LATER = 2_000_000_000
UNUSUAL = (
    (_HEAD, {"sub": "alice", "exp": _LATER, "iat": 1}),
    (_HEAD, {"sub": "alice", "exp": _LATER}, "="),
    (_HEAD, {"sub": "alice", "exp": _LATER}, "=="),
    (_HEAD, {"sub": "alice", "exp": _LATER}, "==="),
    (_HEAD, {"sub": "alice", "exp": _LATER}, "!"),
    (_HEAD, {"sub": "alice", "exp": _SOON}),
    (_HEAD, {"sub": "alice", "exp": _LATER, "nbf": _LATER}),
    (_HEAD, {"sub": 42, "exp": _LATER, "aud": ["x"]}),
    (_HEAD, {"sub": "a b", "exp": _LATER}),
    ('{"alg":"HS256"}', {"sub": "alice", "exp": _LATER}),
    ('{"alg":"none","typ":"JWT"}', {"sub": "alice", "exp": _LATER}),
)
