"""MemberStatus and RoomFacts: a script's reply about one member and their room."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from domain.draw import NUMBERS
from domain.phase import PlacePhase, RoomNow, RoomPhase, place_phase, room_phase
from domain.sites.site_room import UNBOUNDED_COUNT
from waitroom.errors import NoSuchRoom
from waitroom.redis_io.constants import PACE_LOST_AFTER_PEOPLE, PACE_LOST_AFTER_S

# One member in thirty years: a slower pace would give waits too large for JSON and clocks.
PACE_MIN_PER_S = 1e-9


@dataclass(frozen=True, eq=False)  # found in a cache by identity: hashing its fields takes longer
class RoomFacts:
    """The part of a reply that is the same for all members. Times in microseconds since 1970.

    One object serves all members of a reply, so derived values are computed once.
    """

    now_us: int
    state: str
    opens_at_us: int
    closes_at_us: int
    remain_count: int
    waiting: int
    pace_per_s: float
    pace_at_us: int
    opening: str = "first_come"
    lobby_us: int = 0
    grace_us: int = 300_000_000
    # Admission pauses until then, as Redis has lost places; 0 where it has not.
    restoring_until_us: int = 0
    # Whether the draw's order is stored in Postgres.
    is_drawn: bool = False

    @classmethod
    def from_reply(cls, reply: Sequence[bytes | int]) -> RoomFacts:
        now, state, opens, closes, remain, waiting, pace, at, opening, *times = reply
        lobby, grace, restoring, is_drawn = times
        assert isinstance(state, bytes)
        assert isinstance(opening, bytes)
        return cls(
            now_us=int(now),
            state=state.decode(),
            opens_at_us=int(opens),
            closes_at_us=int(closes),
            remain_count=max(0, int(remain)),
            waiting=int(waiting),
            pace_per_s=float(pace),
            pace_at_us=int(at),
            opening=opening.decode(),
            lobby_us=int(lobby),
            grace_us=int(grace),
            restoring_until_us=int(restoring),
            is_drawn=bool(int(is_drawn)),
        )

    @cached_property
    def phase(self) -> RoomPhase:
        return room_phase(
            RoomNow(
                state=self.state,
                remain_count=self.remain_count,
                now_us=self.now_us,
                opens_at_us=self.opens_at_us,
                closes_at_us=self.closes_at_us,
                is_restoring=self.is_restoring,
                is_undrawn=self.is_undrawn,
            )
        )

    @cached_property
    def is_restoring(self) -> bool:
        """Whether others may still get lost places back, so that places are unknown."""
        return self.restoring_until_us > self.now_us

    @cached_property
    def stock(self) -> int | None:
        """What is left; None where there is no stock, as in front of a site."""
        return None if self.remain_count >= UNBOUNDED_COUNT else self.remain_count

    @cached_property
    def is_lobby(self) -> bool:
        """Whether members wait for the opening, or for the draw that follows it."""
        return self.now_us < self.opens_at_us or self.is_undrawn

    @cached_property
    def is_undrawn(self) -> bool:
        """Whether the lobby's order is still secret."""
        return self.opening == "draw" and not self.is_drawn

    @property
    def lobby_opens_at_us(self) -> int:
        return self.opens_at_us - self.lobby_us

    @cached_property
    def tells_numbers(self) -> bool:
        """Whether places are final: the draw is stored, and the room is not restoring."""
        return not self.is_undrawn and not self.is_restoring

    @cached_property
    def known_pace_per_s(self) -> float | None:
        """Measured admissions per second, or None where there is no recent measurement."""
        if not self.phase.admits or self.pace_per_s < PACE_MIN_PER_S:
            return None
        people_us = PACE_LOST_AFTER_PEOPLE / self.pace_per_s * 1_000_000
        fresh = self.now_us - self.pace_at_us < max(PACE_LOST_AFTER_S * 1_000_000, people_us)
        return self.pace_per_s if fresh else None

    @cached_property
    def sold_out_in_s(self) -> float | None:
        """Seconds until the last coupon may be gone, at the known pace."""
        pace = self.known_pace_per_s
        return self.remain_count / pace if pace else None


class MemberStatus(NamedTuple):
    """One member's status in the line. `arrival_us` is 0 where they have no place.

    kind: waiting (`ahead` counts the members before them), admitted, issued or refused (`text` is
    the outcome), absent, or untold (absent, while a restoring room can't be sure); else the slug of
    a refusal (domain.refusals).
    arrival_us: in a draw the number drawn, and until the draw a negative mark that reveals nothing.
    text, for a waiting member who was skipped and returned: h for the head of the line, e for
    its end.

    In front of a site a member is called or missed, or their last visit (`visits.visit.visit_of`)
    is inside, finished, ended or revoked.
    """

    kind: str
    facts: RoomFacts
    arrival_us: int = 0
    ahead: int = 0
    text: str = ""

    @property
    def phase(self) -> PlacePhase:
        return place_phase(self.kind, self.facts.phase)

    @property
    def in_line(self) -> bool:
        """Whether the line knows this member."""
        return self.kind in ("waiting", "admitted", "issued", "refused") or self.arrival_us != 0

    @property
    def due_us(self) -> int:
        """Until when a called member may come (microseconds); else 0."""
        return int(self.text) if self.kind == "called" else 0

    @property
    def is_missing(self) -> bool:
        """Whether a ticket might restore their place."""
        return self.kind in ("absent", "untold")

    @property
    def known_ahead(self) -> int | None:
        """How many are ahead of a waiting member; None where that is not known yet."""
        return self.ahead if self.facts.tells_numbers else None

    @property
    def arrived_us(self) -> int:
        """The time of arrival, or 0 where it is unknown."""
        return self.arrival_us if self.arrival_us >= NUMBERS else 0

    @property
    def wait_s(self) -> float | None:
        """Seconds until a waiting member is admitted, at the measured pace; None without one."""
        pace = self.facts.known_pace_per_s
        return (self.ahead + 1) / pace if pace else None

    @property
    def eta_s(self) -> int | None:
        """`wait_s`, rounded up to steps so that it stays stable; None in a lobby."""
        if self.facts.is_lobby:
            return None
        wait_s = self.wait_s
        return None if wait_s is None else rounded_up_s(wait_s)

    @classmethod
    def from_reply(cls, reply: Sequence[bytes | int], facts: RoomFacts) -> MemberStatus:
        word = reply[0]
        if word == b"waiting" and len(reply) == 3:  # the common case in a crowd
            return cls("waiting", facts, int(reply[1]), int(reply[2]))
        assert isinstance(word, bytes)
        kind = word.decode()
        if kind == "outcome":
            return cls._parse_outcome(reply[2], facts)
        if kind == "undrawn" or len(reply) > 3:
            text = reply[-1]
            assert isinstance(text, bytes)
            arrival_us, ahead = int(reply[1]), int(reply[2]) if len(reply) > 3 else 0
            return cls(kind, facts, arrival_us, ahead, text.decode())
        return cls(
            kind=kind,
            facts=facts,
            arrival_us=int(reply[1]) if len(reply) > 1 else 0,
            ahead=int(reply[2]) if len(reply) > 2 else 0,
        )

    @classmethod
    def _parse_outcome(cls, stored: bytes | int, facts: RoomFacts) -> MemberStatus:
        assert isinstance(stored, bytes)
        head, _, text = stored.decode().partition(" ")
        kind = "issued" if head[0] == "i" else "refused"
        return cls(kind=kind, facts=facts, arrival_us=int(head[1:]), text=text)


def rounded_up_s(seconds: float) -> int:
    """Seconds, rounded up to 5 below a minute, to 30 below ten minutes, else to a minute.

    Monotonic: a shrinking wait never shows as a longer one.
    """
    step = 5 if seconds <= 60 else 30 if seconds <= 600 else 60
    return math.ceil(seconds / step) * step


def parse_statuses(reply: Sequence[Any]) -> list[MemberStatus]:
    """Parse the reply of enter.lua, place.lua or restore.lua. Raises NoSuchRoom."""
    if not reply:
        raise NoSuchRoom
    facts = RoomFacts.from_reply(reply[0])
    return [MemberStatus.from_reply(standing, facts) for standing in reply[1:]]
