"""Scenes: each state of a room's pages, by the registries of phases and refusals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from domain.coupon import Coupon
from domain.inventory import Inventory
from domain.issued_coupon import Status
from domain.phase import (
    CALLED,
    CLOSED,
    DRAINING,
    INSIDE,
    ISSUED,
    LOBBY,
    OPEN,
    PAUSED,
    PLACE_PHASES,
    REFUSED,
    RESTORED,
    RESTORING,
    ROOM_PHASES,
    SCHEDULED,
    SOLD_OUT,
    VISIT_PHASES,
    WAITING,
    PlacePhase,
)
from domain.refusals import REFUSALS, refusals_of
from domain.rfc3339 import rfc3339
from domain.room import RoomKind
from issuance.offers import Offer
from web.pages.member.place_view import UNREACHABLE
from web.schemas.public import IssuedCouponOut, PlaceOut, PlaceState, RefusalOut

AHEAD, ETA_S, REMAIN = 240, 120, 412
MEMBER = "preview"
# A waiting place looks different while the room is in one of these.
_WAITING_IN = (OPEN, PAUSED, DRAINING)
_OF_COUPONS = {"admitted", ISSUED.word}
_AN_HOUR, _A_MINUTE = timedelta(hours=1), timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Scene:
    """name: in its address. coupon_phase: of the coupon's page; place: the state of a place, in a
    room whose phase is `room_phase`; refusal: its reason.
    """

    name: str
    coupon_phase: str = ""
    place: str = ""
    room_phase: str = OPEN.word
    refusal: str = ""


def list_scenes(kind: RoomKind) -> list[Scene]:
    """All states of the pages of a room of this kind."""
    coupon = [] if kind == "site" else list(_of_coupon())
    return [*coupon, *_of_places(kind), *_of_refusals(), Scene(UNREACHABLE, place=UNREACHABLE)]


def _of_coupon() -> Iterator[Scene]:
    yield Scene("coupon-lobby", coupon_phase=LOBBY.word)
    for phase in reversed(ROOM_PHASES):
        if phase is not RESTORING:  # only the line knows it, and its places show it
            yield Scene(f"coupon-{phase.word}", coupon_phase=phase.word)


def _of_places(kind: RoomKind) -> Iterator[Scene]:
    for phase in PLACE_PHASES:
        if phase is REFUSED or not _fits(phase, kind):
            continue
        if phase is WAITING:
            for room in _WAITING_IN:
                name = phase.word if room is OPEN else f"{phase.word}-{room.word}"
                yield Scene(name, place=phase.word, room_phase=room.word)
        else:
            yield Scene(phase.word, place=phase.word)


def _fits(phase: PlacePhase, kind: RoomKind) -> bool:
    return phase.word not in _OF_COUPONS if kind == "site" else phase not in VISIT_PHASES


def _of_refusals() -> Iterator[Scene]:
    for slug in refusals_of("enter"):
        yield Scene(f"refused-{slug}", place=REFUSED.word, refusal=slug)


def offer_in(offer: Offer, phase: str, now: datetime) -> Offer:
    """The offer as it is in this phase; its own times, where they fit."""
    coupon, room = offer.coupon, offer.room
    if room is None:
        return offer
    opens_at = min(coupon.opens_at, now - _A_MINUTE)
    if phase == LOBBY.word:
        opens_at = now + min(10 * _A_MINUTE, timedelta(seconds=room.settings.lobby_s))
    elif phase == SCHEDULED.word:
        opens_at = max(
            coupon.opens_at, now + timedelta(seconds=room.settings.lobby_s) + 2 * _AN_HOUR
        )
    stock = coupon.inventory
    total = stock.total_count
    shown = Coupon(
        id=coupon.id,
        code=coupon.code,
        description=coupon.description,
        discount=coupon.discount,
        inventory=Inventory(total, total if phase == SOLD_OUT.word else 0),
        opens_at=opens_at,
        expire_date=max(coupon.expire_date, opens_at + _AN_HOUR, now + _AN_HOUR),
        issuing=coupon.issuing,
    )
    states = {PAUSED.word: "paused", DRAINING.word: "draining", CLOSED.word: "closed"}
    settings = room.settings.change(state=states.get(phase, "open"), opening="first_come")
    times = {"opens_at": shown.opens_at, "closes_at": shown.expire_date}
    return Offer(shown, replace(room, settings=settings, **times))  # type: ignore[arg-type]


def sample_place(scene: Scene, code: str, now: datetime) -> PlaceOut:
    """A place in the state of this scene, with example numbers."""
    until = rfc3339(now + 2 * _A_MINUTE)
    place = PlaceOut(room=code, state=_state_of(scene), remain_count=REMAIN)
    if place.state == WAITING.state:
        place.place, place.ahead, place.eta_s = AHEAD + 1, AHEAD, ETA_S
        place.ask_again_s, place.room_state = 2.5, scene.room_phase
        place.arrived_at = rfc3339(now - 4 * _A_MINUTE)
    if scene.place == LOBBY.word:
        place.room_state, place.opening, place.eta_s = SCHEDULED.word, "first_come", None
        place.opens_at = rfc3339(now + 10 * _A_MINUTE)
    elif scene.place == RESTORED.word:
        place.room_state = RESTORING.word
    elif scene.place == ISSUED.word:
        place.issued_coupon = _sample_coupon(code, now)
    elif scene.place in (CALLED.word, INSIDE.word):
        place.until, place.ask_again_s = until, 2.5
    elif scene.refusal:
        place.refusal = sample_refusal(scene.refusal)
    return place


def sample_refusal(slug: str) -> RefusalOut:
    refusal = REFUSALS[slug]
    return RefusalOut(type=slug, title=refusal.title, detail=refusal().detail)


def _state_of(scene: Scene) -> PlaceState:
    in_line = {LOBBY.word, RESTORED.word, WAITING.word}
    state: PlaceState = "waiting" if scene.place in in_line else scene.place  # type: ignore[assignment]
    return state


def _sample_coupon(code: str, now: datetime) -> IssuedCouponOut:
    return IssuedCouponOut(
        id=UUID(int=0),
        coupon_code=code,
        member_id=MEMBER,
        status=Status.UNUSED,
        issued_at=now,
        used_at=None,
        expire_date=now + timedelta(days=30),
        short_code="PREV1EW0",
    )
