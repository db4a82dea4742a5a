"""Members: a crowd that enters, keeps its tickets, polls, and records every answer."""

from __future__ import annotations

import asyncio
import json
import random
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

from domain.refusals import REFUSALS as DOMAIN_REFUSALS
from tests.faults.schedule import Plan
from tests.faults.wire import NoAnswer, Wire

# Bounds `ask_again_s`, so that a run of seconds has many answers.
ASK_AGAIN_MAX_S = 2.0
# As browsers do: retrying early would only add load to a busy server.
ANSWER_WITHIN_S = 20.0
BACKOFF_MIN_S, BACKOFF_MAX_S = 0.3, 3.0
DOUBLE_CLICKS = 0.1
ONCE_MORE_AT_ONCE, ONCE_MORE_ATTEMPTS = 100, 8
# A refused member who enters again may wait in line, and long if the room has lost its places.
ONCE_MORE_WAITS_S = 90.0
# Half arrive in the first second; the others at any time, also during faults.
OPEN_RUN, OPEN_RUN_S = 0.5, 1.0
# Answers that end a member's wait. Unless the coupon is over (410), a refusal to enter is not
# final; the same refusal of a place is, and is recorded as `refused: ...`.
REFUSALS = frozenset(
    slug if kind.status == 410 else f"refused: {slug}"
    for slug, kind in DOMAIN_REFUSALS.items()
    if kind.is_final and {"enter", "issue"} & set(kind.calls)
)
FINAL = frozenset({"issued"}) | REFUSALS


@dataclass(frozen=True, slots=True)
class Answer:
    """A request and its answer; times in seconds after the crowd set out.

    said: a place's state, a problem's type, `no answer`, or `unclear: ...`. arrival_us: on the
    ticket in the answer; shown_us: on the ticket in the request; 0 without one. A ticket of a drawn
    lobby has the number instead of an arrival, or a negative mark before the draw.
    """

    asked_s: float
    at_s: float
    call: str
    said: str
    arrival_us: int = 0
    ahead: int | None = None
    coupon_id: str | None = None
    shown_us: int = 0

    def __str__(self) -> str:
        ahead = "" if self.ahead is None else f", {self.ahead} ahead"
        arrival = f", arrival {self.arrival_us}" if self.arrival_us else ""
        return f"{self.asked_s:6.2f} {self.call:6} -> {self.at_s:6.2f} {self.said}{ahead}{arrival}"


@dataclass(slots=True)
class Record:
    """All answers to one member, in order."""

    member_id: str
    answers: list[Answer] = field(default_factory=list)

    @property
    def last_word(self) -> Answer | None:
        """The final answer, once there is one.

        Of a double click one request may be refused and the other accepted, if the room opens in
        between.
        """
        word = None
        for one in self.answers:
            if one.said in FINAL:
                word = word or one
            elif one.said in ("waiting", "admitted"):
                word = None
        return word

    @property
    def final(self) -> str | None:
        """What the final answer said."""
        return self.last_word.said if self.last_word else None


class Crowd:
    """The members of one run. plan: its seed fixes their arrivals and double clicks."""

    def __init__(self, port: int, code: str, plan: Plan, sign: Callable[[str], str]) -> None:
        self.records = [Record(f"m-{plan.seed}-{n}") for n in range(plan.members)]
        self._port = port
        self._code = code
        self._sign = sign
        self._come_within_s = plan.members_come_s
        self._chance = random.Random(plan.seed)
        self._members: list[_Member] = []

    async def live(self, began_s: float) -> None:
        """Run all members from that time of the loop's clock until their final answers."""
        self._members = [self._member(record, began_s) for record in self.records]
        async with asyncio.TaskGroup() as group:
            for member in self._members:
                group.create_task(member.live())

    async def ask_once_more(self, chosen: Iterable[bool]) -> None:
        """Let the chosen members, a flag for each record, enter again."""
        slots = asyncio.Semaphore(ONCE_MORE_AT_ONCE)

        async def one(member: _Member) -> None:
            async with slots:
                await member.enter_again()

        async with asyncio.TaskGroup() as group:
            for member in compress(self._members, chosen):
                group.create_task(one(member))

    def _member(self, record: Record, began_s: float) -> _Member:
        chance = self._chance
        within_s = OPEN_RUN_S if chance.random() < OPEN_RUN else self._come_within_s
        return _Member(
            record,
            Wire(self._port),
            _Requests(self._code, self._sign(record.member_id)),
            comes_s=began_s + chance.uniform(0, within_s),
            began_s=began_s,
            clicks=2 if chance.random() < DOUBLE_CLICKS else 1,
            chance=random.Random(chance.random()),
        )


class _Requests:
    """A member's requests as bytes, built once for each ticket."""

    def __init__(self, code: str, token: str) -> None:
        self.ticket: str | None = None
        self.arrival_us = 0
        self._code = code
        self._token = token
        self._built: dict[str, bytes] = {}

    def keep(self, ticket: str) -> None:
        if ticket != self.ticket:
            self.ticket, self._built = ticket, {}
            _room, _member, self.arrival_us, *_ = json.loads(
                urlsafe_b64decode(ticket.split(".")[0] + "==")
            )

    def request(self, call: str) -> bytes:
        """With the ticket, if there is one."""
        if call not in self._built:
            method = "POST" if call == "enter" else "GET"
            ticket = f"Waitroom-Ticket: {self.ticket}\r\n" if self.ticket else ""
            length = "Content-Length: 0\r\n" if method == "POST" else ""
            self._built[call] = (
                f"{method} /api/rooms/{self._code}/{call} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                f"Authorization: Bearer {self._token}\r\n{ticket}{length}\r\n"
            ).encode()
        return self._built[call]


class _Member:
    def __init__(
        self,
        record: Record,
        wire: Wire,
        requests: _Requests,
        *,
        comes_s: float,
        began_s: float,
        clicks: int,
        chance: random.Random,
    ) -> None:
        self._record = record
        self._wire = wire
        self._requests = requests
        self._comes_s = comes_s
        self._began_s = began_s
        self._clicks = clicks
        self._chance = chance
        self._backoff_s = BACKOFF_MIN_S

    async def live(self) -> None:
        await asyncio.sleep(self._comes_s - self._now())
        if self._clicks > 1:
            await self._click_twice()
        call = "enter"
        while self._record.final is None:
            answer, rest_s = await self._ask(call, self._wire)
            if answer.said in ("waiting", "admitted"):
                call = "place"
            elif answer.said == "not_in_line":
                call = "enter"  # again, with the ticket that restores the place
            if self._record.final is None:
                await asyncio.sleep(rest_s)
        self._wire.close()

    async def _click_twice(self) -> None:
        second = Wire(self._wire.port)
        wires = (self._wire, second)
        await asyncio.gather(*(self._ask("enter", wire) for wire in wires))
        second.close()

    async def enter_again(self) -> None:
        """Enter again, until there is a final answer."""
        attempts, until_s = ONCE_MORE_ATTEMPTS, self._now() + ONCE_MORE_WAITS_S
        while attempts > 0 and self._now() < until_s:
            answer, rest_s = await self._ask("enter", self._wire)
            if answer.said in FINAL:
                break
            attempts -= answer.said not in ("waiting", "admitted")
            await asyncio.sleep(rest_s)
        self._wire.close()

    async def _ask(self, call: str, wire: Wire) -> tuple[Answer, float]:
        """Record the answer. Returns it with the seconds until the next request."""
        request, shown_us = self._requests.request(call), self._requests.arrival_us
        asked_s = self._now() - self._began_s
        try:
            said = read(*await wire.ask(request, within_s=ANSWER_WITHIN_S))
        except NoAnswer as why:
            said = {"said": f"no answer ({why})"}
        if said.get("ticket"):
            self._requests.keep(said["ticket"])
        answer = Answer(
            asked_s=asked_s,
            at_s=self._now() - self._began_s,
            call=call,
            said=said["said"],
            arrival_us=self._requests.arrival_us if said.get("ticket") else 0,
            ahead=said.get("ahead"),
            coupon_id=said.get("coupon_id"),
            shown_us=shown_us,
        )
        self._record.answers.append(answer)
        return answer, self._rest_s(said)

    def _rest_s(self, said: dict[str, Any]) -> float:
        ask_again_s = said.get("ask_again_s")
        if ask_again_s is not None:
            self._backoff_s = BACKOFF_MIN_S
            return min(float(ask_again_s), ASK_AGAIN_MAX_S)
        rest_s = self._backoff_s * self._chance.uniform(0.7, 1.3)
        self._backoff_s = min(self._backoff_s * 2, BACKOFF_MAX_S)
        return rest_s

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def read(status: int, text: bytes) -> dict[str, Any]:
    """The fields of a response: `said`, and for a place its ticket and figures."""
    try:
        body = json.loads(text)
        if status in (200, 202):
            refusal, coupon = body["refusal"], body["issued_coupon"]
            return {
                "said": said_of(refusal["type"]) if refusal else body["state"],
                "coupon_id": coupon["id"] if coupon else None,
                "ticket": body["ticket"],
                "ahead": body["ahead"],
                "ask_again_s": body["ask_again_s"],
            }
        kind = str(body["type"])
    except (ValueError, KeyError, TypeError):
        return {"said": f"unclear: {status} {text[:80]!r}"}
    return {"said": kind if status < 500 or kind == "unavailable" else f"unclear: {kind}"}


def said_of(kind: str) -> str:
    """A place's refusal of this type as it is recorded."""
    return kind if kind in REFUSALS else f"refused: {kind}"
