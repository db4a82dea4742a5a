"""Phase: the states of a room and of a place, with their texts, for API, pages, board and metrics.

A room's phase is the first of ROOM_PHASES that applies; final phases come first. To add a phase,
add an entry there and its transitions. Sentences are message ids.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple


class RoomNow(NamedTuple):
    """The facts that decide a room's phase. Times in microseconds since 1970.

    state: as an admin set it. is_restoring: Redis lost the places, and the line waits for members
    to come back; only the line knows it. is_undrawn: Postgres has no draw of the lobby yet.
    """

    state: str
    remain_count: int
    now_us: int
    opens_at_us: int
    closes_at_us: int
    is_restoring: bool = False
    is_undrawn: bool = False


@dataclass(frozen=True, slots=True)
class RoomPhase:
    """One phase and its effects.

    word: its name in the API and the metrics. about: its description in `/openapi.json`.
    admits: members are admitted. takes_members: new members may enter; before the opening only
    once the lobby is open. is_over: admission has ended for good. is_trouble: an admin should look.

    label: on the coupon's page; lead: shown there instead of the button; note: on the ticket page.
    board: the board's headline, empty if it needs none. aliases: its names in the metrics of the
    release before.
    """

    word: str
    applies: Callable[[RoomNow], bool]
    about: str
    label: str
    board: str = ""
    note: str = ""
    lead: str = ""
    admits: bool = False
    takes_members: bool = True
    is_over: bool = False
    is_trouble: bool = False
    aliases: tuple[str, ...] = ()


CLOSED = RoomPhase(
    "closed",
    lambda room: room.state == "closed" or room.now_us >= room.closes_at_us,
    about="an admin closed it, or its time is over",
    label="Closed",
    board="Closed. Nobody is admitted any more.",
    lead="This coupon is no longer available.",
    takes_members=False,
    is_over=True,
    aliases=("over",),
)
SOLD_OUT = RoomPhase(
    "sold_out",
    lambda room: room.remain_count <= 0,
    about="nothing is left",
    label="Sold out",
    board="Sold out.",
    lead="All of these coupons have been issued.",
    takes_members=False,
    is_over=True,
    aliases=("over",),
)
RESTORING = RoomPhase(
    "restoring",
    lambda room: room.is_restoring,
    about="the line was lost and is being restored from its tickets",
    label="Paused",
    board="The line was lost and is being restored: nobody is admitted.",
    is_trouble=True,
)
PAUSED = RoomPhase(
    "paused",
    lambda room: room.state == "paused",
    about="nobody is admitted, places are kept",
    label="Paused",
    board="Paused.",
    note="Paused for a moment. Your place is safe.",
)
SCHEDULED = RoomPhase(
    "scheduled",
    lambda room: room.now_us < room.opens_at_us or room.is_undrawn,
    about="it opens later: members wait in the lobby",
    label="Not open yet",
)
DRAINING = RoomPhase(
    "draining",
    lambda room: room.state == "draining",
    about="no new entries, members in line are admitted",
    label="Entry closed",
    board="Draining: no new entries.",
    note="Entry is closed. You keep your place.",
    lead="Entry for this coupon is closed.",
    admits=True,
    takes_members=False,
)
OPEN = RoomPhase(
    "open",
    lambda _room: True,
    about="members enter and are admitted",
    label="Open",
    admits=True,
)
# In order of precedence.
ROOM_PHASES = (CLOSED, SOLD_OUT, RESTORING, PAUSED, SCHEDULED, DRAINING, OPEN)
ROOM_PHASE = {phase.word: phase for phase in ROOM_PHASES}


def room_phase(room: RoomNow) -> RoomPhase:
    for phase in ROOM_PHASES:  # a generator would take twice as long, on the fast path
        if phase.applies(room):
            return phase
    raise AssertionError("the last phase applies to every room")


@dataclass(frozen=True, slots=True)
class PlacePhase:
    """A member's state. state: its name in the API; None if the API returns no place.

    word: its name on the pages. is_final: clients stop polling.
    """

    word: str
    state: str | None
    about: str
    is_final: bool = False


WAITING = PlacePhase("waiting", "waiting", "in line, with a number")
LOBBY = PlacePhase("lobby", "waiting", "before the opening, or before the draw")
RESTORED = PlacePhase("restoring", "waiting", "in a line that is being restored")
ADMITTED = PlacePhase("admitted", "admitted", "admitted, the coupon is being issued")
ISSUED = PlacePhase("issued", "issued", "has a coupon", is_final=True)
REFUSED = PlacePhase("refused", "refused", "refused, with a reason", is_final=True)
CALLED = PlacePhase("called", "called", "called to the site, and not there yet")
MISSED = PlacePhase("missed", "missed", "called, and did not come in time", is_final=True)
INSIDE = PlacePhase("inside", "inside", "inside the site, with a pass", is_final=True)
FINISHED = PlacePhase("finished", "finished", "has finished the visit", is_final=True)
ENDED = PlacePhase("ended", "ended", "the visit’s time was up", is_final=True)
REVOKED = PlacePhase("revoked", "revoked", "an admin has ended the visit", is_final=True)
ABSENT = PlacePhase("absent", None, "has no place", is_final=True)
# Of rooms that lead to a site.
VISIT_PHASES = (CALLED, MISSED, INSIDE, FINISHED, ENDED, REVOKED)
PLACE_PHASES = (WAITING, LOBBY, RESTORED, ADMITTED, ISSUED, REFUSED, *VISIT_PHASES, ABSENT)

# The phase of a waiting member, by the room's phase.
_WAITING_IN = {SCHEDULED.word: LOBBY, RESTORING.word: RESTORED}
# By `MemberStatus.kind`. Every other kind is a refusal's slug.
_BY_KIND = {"admitted": ADMITTED, "issued": ISSUED, "absent": ABSENT, "untold": RESTORED}
_BY_KIND |= {phase.word: phase for phase in VISIT_PHASES}


def place_phase(kind: str, room: RoomPhase) -> PlacePhase:
    """kind: `MemberStatus.kind`, or the `state` of a place."""
    if kind == "waiting":
        return _WAITING_IN.get(room.word, WAITING)
    return _BY_KIND.get(kind, REFUSED)


class Transition(NamedTuple):
    """From each of `sources` to any of `targets`, but not to itself."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    because: str


_NOT_OVER = tuple(phase.word for phase in reversed(ROOM_PHASES) if not phase.is_over)
ROOM_TRANSITIONS = (
    Transition(("scheduled",), ("open",), "it opens, and its draw is saved"),
    Transition(("scheduled",), ("draining",), "it opens without new entries"),
    Transition(("open", "draining"), ("scheduled",), "the opening is postponed"),
    Transition(("open",), ("draining",), "an admin drains it"),
    Transition(("draining",), ("open",), "an admin opens it again"),
    Transition(_NOT_OVER, ("paused",), "an admin pauses it"),
    Transition(("paused",), _NOT_OVER, "an admin resumes it"),
    Transition(_NOT_OVER, ("restoring",), "Redis loses the line"),
    Transition(("restoring",), _NOT_OVER, "members had time to return"),
    Transition(_NOT_OVER, ("sold_out",), "the last coupon is issued"),
    Transition(("sold_out",), _NOT_OVER, "more coupons are added"),
    Transition((*_NOT_OVER, "sold_out"), ("closed",), "an admin closes it, or its time is over"),
    Transition(("closed",), (*_NOT_OVER, "sold_out"), "an admin opens it again, or moves the end"),
)
_IN_LINE = ("lobby", "waiting", "restoring")
_OVER = ("finished", "ended", "revoked")
PLACE_TRANSITIONS = (
    Transition(("absent",), _IN_LINE, "enters, or comes back with a ticket"),
    Transition(("lobby",), ("waiting",), "it opens, and its draw is saved"),
    Transition(("waiting",), ("lobby",), "the opening is postponed"),
    Transition(("lobby", "waiting"), ("restoring",), "Redis loses the line"),
    Transition(("restoring",), ("lobby", "waiting"), "members had time to return"),
    Transition(("waiting",), ("admitted",), "it is their turn"),
    Transition(("admitted",), ("issued",), "a worker commits the coupon"),
    Transition(("admitted",), ("refused",), "a worker finds it sold out or closed"),
    Transition(_IN_LINE, ("refused",), "it is sold out or closed, or they return too late"),
    Transition(_IN_LINE, ("absent",), "leaves"),
    Transition(("refused",), _IN_LINE, "enters again"),
    Transition(("waiting",), ("called",), "it is their turn, in front of a site"),
    Transition(("absent", *_OVER), ("called",), "enters while nobody waits"),
    Transition(("called",), ("inside",), "claims a pass"),
    Transition(("called",), ("missed",), "does not come within claim_s"),
    Transition(("called",), ("absent",), "leaves"),
    Transition(("missed", *_OVER), _IN_LINE, "enters again"),
    Transition(("inside",), ("finished",), "they or the site finish the visit"),
    Transition(("inside",), ("ended",), "the visit’s time is up"),
    Transition(("inside",), ("revoked",), "an admin revokes the visit"),
)
