"""Samples of every place that a ticket page shows."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from domain.issued_coupon import Status
from domain.refusals import REFUSALS
from domain.rfc3339 import rfc3339
from web.i18n import Language, languages
from web.pages.member.place_view import PlaceView, plain, refused
from web.problems import KINDS
from web.schemas.public import IssuedCouponOut, PlaceOut, RefusalOut

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
EN, KO = languages()["en"], languages()["ko"]
SITE_NAME = "Open Run"


def issued_coupon() -> IssuedCouponOut:
    return IssuedCouponOut(
        id=UUID("6f0e1d5a-0000-4000-8000-00000000c001"),
        coupon_code="spring",
        member_id="alice",
        status=Status.UNUSED,
        issued_at=NOON,
        used_at=None,
        expire_date=NOON + timedelta(days=30),
        short_code="K7M2P9QX",
    )


@dataclass(frozen=True)
class Standing:
    """A place as the line tells it, to be seen in any language."""

    out: PlaceOut
    started_ahead: int | None = None

    def seen(self, language: Language = EN) -> PlaceView:
        return PlaceView.from_place(
            self.out,
            language=language,
            now=NOON,
            site_name=SITE_NAME,
            started_ahead=self.started_ahead,
        )


@dataclass(frozen=True)
class Plain:
    state: str
    arrived_at: datetime | None = NOON
    ask_again_s: float | None = None

    def seen(self, language: Language = EN) -> PlaceView:
        return plain(
            "spring",
            self.state,
            language=language,
            site_name=SITE_NAME,
            arrived_at=self.arrived_at,
            ask_again_s=self.ask_again_s,
        )


@dataclass(frozen=True)
class Refused:
    type: str | None = None
    retry_after_s: float | None = None

    def seen(self, language: Language = EN) -> PlaceView:
        return refused(
            "spring",
            a_refusal(self.type) if self.type else None,
            language=language,
            site_name=SITE_NAME,
            retry_after_s=self.retry_after_s,
        )


def a_refusal(type_: str, *, is_site: bool = False) -> RefusalOut:
    kind = KINDS[type_]
    of_a_site = REFUSALS[type_].site_detail if is_site and type_ in REFUSALS else ""
    return RefusalOut(type=type_, title=kind.title, detail=of_a_site or kind.detail)


def waiting(place: int | None, *, started_ahead: int | None = None, **changes: Any) -> Standing:
    known = {
        "room": "spring",
        "state": "waiting",
        "place": place,
        "ahead": None if place is None else place - 1,
        "eta_s": 180,
        "ask_again_s": 2.5,
        "arrived_at": rfc3339(NOON - timedelta(minutes=4)),
        "remain_count": 412,
    }
    return Standing(PlaceOut(**{**known, **changes}), started_ahead)


def in_lobby(place: int | None, **changes: Any) -> Standing:
    opens_at = rfc3339(NOON + timedelta(minutes=10))
    return waiting(
        place,
        **{"room_state": "scheduled", "opens_at": opens_at, "eta_s": None, **changes},
    )


def admitted() -> Standing:
    return Standing(PlaceOut(room="spring", state="admitted", ask_again_s=2.5, remain_count=9))


def issued(**changes: Any) -> Standing:
    held = issued_coupon().model_copy(update=changes)
    return Standing(PlaceOut(room="spring", state="issued", remain_count=9, issued_coupon=held))


AnyPlace = Standing | Plain | Refused
GOING_ON: dict[str, AnyPlace] = {
    "waiting far back": waiting(100_000, eta_s=None, remain_count=50_000),
    "waiting, likely": waiting(241, remain_count=1_000, started_ahead=1_500),
    "waiting, close": waiting(400),
    "waiting, unlikely": waiting(1205, remain_count=312, started_ahead=1_300),
    "waiting behind one": waiting(2, eta_s=5),
    "waiting next": waiting(1, eta_s=5, started_ahead=40),
    "waiting while the line rests": waiting(320, room_state="paused", eta_s=None),
    "waiting while the line drains": waiting(320, room_state="draining"),
    "waiting, place not known": waiting(None, arrived_at=None),
    "returned to the head": waiting(3, returned="head"),
    "returned to the end": waiting(900, returned="end", remain_count=2_000),
    "lobby, first come": in_lobby(12, opening="first_come"),
    "lobby, draw": in_lobby(None, opening="draw"),
    "restoring": waiting(None, room_state="restoring", eta_s=None),
    "admitted": admitted(),
    "unreachable": Plain("unreachable", ask_again_s=2.5),
    "unreachable, arrival not known": Plain("unreachable", arrived_at=None, ask_again_s=2.5),
}
FINAL: dict[str, AnyPlace] = {
    "issued": issued(),
    "issued, used": issued(status=Status.USED, used_at=NOON),
    "issued, expired": issued(expire_date=NOON - timedelta(days=1)),
    "issued by the release before": issued(short_code=None),
    "issued, details not known": Plain("issued"),
    "refused, sold out": Refused("sold_out"),
    "refused, closed": Refused("closed"),
    "refused, draining": Refused("draining"),
    "refused, full": Refused("room_full", retry_after_s=30),
    "refused, not open yet": Refused("not_open_yet"),
    "refused, reason not known": Refused(),
    "absent": Plain("absent", arrived_at=None),
    "signed out": Plain("signed_out", arrived_at=None),
}
PLACES = {**GOING_ON, **FINAL}
