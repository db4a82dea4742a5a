"""The texts of a place: outlook, progress, and announcements for screen readers."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from math import ceil
from typing import Any, Literal, NamedTuple

from domain.issued_coupon import Status
from domain.phase import DRAINING, ROOM_PHASE
from domain.unix_time import from_us
from web.i18n import Around, Language, to_translate
from web.schemas.public import IssuedCouponOut, PlaceOut, Returned

Outlook = Literal["likely", "close", "unlikely"]

# Screen readers announce these places only.
STEPS = (
    1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000
)  # fmt: skip
# A coupon is likely if this many times more remain than members are ahead, as admitted members are
# not counted.
LIKELY_FROM = 1.1

# By state: the tab's title, and the announcement.
PLAIN = {
    "admitted": (
        to_translate("Your turn"),
        to_translate("It’s your turn. We’re reserving your coupon."),
    ),
    "issued": (to_translate("You have your coupon"), to_translate("You have your coupon.")),
    f"issued {Status.USED}": (
        to_translate("Coupon used"),
        to_translate("You have used this coupon."),
    ),
    f"issued {Status.EXPIRED}": (
        to_translate("Coupon expired"),
        to_translate("This coupon has expired."),
    ),
    "absent": (to_translate("Not in line"), to_translate("You are not in this line.")),
    "unreachable": (
        to_translate("Reconnecting"),
        to_translate("We can’t reach the line right now. Your place is safe."),
    ),
    "signed_out": (to_translate("Signed out"), to_translate("You are signed out.")),
}


class PlaceWords(NamedTuple):
    """The texts that follow from a place alone.

    place_size: the class of the number's size. step: the last announced place.
    """

    place: str
    place_size: str
    ahead: str
    ahead_sentence: str
    step: str


@lru_cache(maxsize=16_384)
def place_words(language: Language, ahead: int) -> PlaceWords:
    """Cached, as all who wait come through the same places."""
    place = ahead + 1
    sentence = language.gettext("You are next.")
    if ahead:
        sentence = language.ngettext(
            "%(count)s person is ahead of you.", "%(count)s people are ahead of you.", ahead
        )
    return PlaceWords(
        language.number(place),
        f"digits-{len(str(place))}",
        language.number(ahead),
        sentence,
        str(STEPS[bisect_right(STEPS, place) - 1]),
    )


# Of a place that is not known yet.
NO_PLACE = PlaceWords("", "digits-1", "", "", "0")


def find_outlook(remain: int, ahead: int) -> Outlook:
    """Whether the remaining coupons suffice up to this member, if nobody leaves."""
    if ahead >= remain:
        return "unlikely"
    return "likely" if ahead == 0 or (ahead + 1) * LIKELY_FROM <= remain else "close"


def _outlooks(language: Language, remain: int) -> dict[Outlook, str]:
    """The sentence of each outlook. The number ahead stands above it."""
    ngettext = language.ngettext
    return {
        "likely": ngettext(
            "%(count)s coupon left: you will probably get one.",
            "%(count)s coupons left: you will probably get one.",
            remain,
        ),
        "close": ngettext(
            "%(count)s coupon left: it could go either way.",
            "%(count)s coupons left: it could go either way.",
            remain,
        ),
        "unlikely": ngettext(
            "%(count)s coupon left: you will probably not get one. You can stay: others may leave.",
            "%(count)s coupons left: you will probably not get one. You can stay: others may "
            "leave.",
            remain,
        ),
    }


def find_progress(ahead: int, started_ahead: int | None) -> int:
    """The progress from the member's first place, in percent."""
    started = max(ahead, started_ahead or 0)
    return 100 if started == 0 else (started - ahead) * 100 // started


@lru_cache(maxsize=4_096)
def progress_in_words(language: Language, percent: int) -> tuple[str, str]:
    """The progress as a number and as a sentence."""
    sentence = language.gettext("This is where you start.")
    if percent:
        sentence = language.gettext("You have come %(percent)s %% of the way.", percent=percent)
    return str(percent), sentence


class WaitingRoom(NamedTuple):
    """The texts that all who wait in a room share.

    title: without the place. place_news, wait_news: announcements around the place and the wait.
    """

    resting: bool
    draining: bool
    title: str
    remain_text: str
    note_text: str
    eta_text: str
    outlooks: Mapping[Outlook, str]
    place_news: Around
    wait_news: Around


@lru_cache(maxsize=1_024)
def waiting_room(language: Language, room_state: str, remain: int, site_name: str) -> WaitingRoom:
    """Cached, as a crowd shares a room."""
    gettext, phase = language.gettext, ROOM_PHASE[room_state]
    remain_text = language.number(remain)
    return WaitingRoom(
        resting=not phase.admits,
        draining=phase is DRAINING,
        title=make_title("", gettext("In line"), site_name),
        remain_text=remain_text,
        note_text=gettext(phase.note) if phase.note else "",
        eta_text=gettext("not known yet") if phase.admits else gettext("paused for now"),
        outlooks=_outlooks(language, remain),
        place_news=language.around(to_translate("Your place in line is %(place)s."), "place"),
        wait_news=language.around(to_translate("Estimated wait: %(wait)s."), "wait"),
    )


def waiting_news(
    language: Language,
    room: WaitingRoom,
    place: PlaceOut,
    place_text: str,
    wait_text: str,
    outlook_text: str,
) -> str:
    """The announcement for screen readers, made when the step changes."""
    if room.resting and room.note_text:
        return room.note_text
    if place.place is None:
        return language.gettext("You are in line.")
    if place.place == 1:
        return place_words(language, 0).ahead_sentence
    before, after = room.place_news
    news = f"{before}{place_text}{after}"
    if place.ahead is not None and outlook_text and place.ahead >= (place.remain_count or 0):
        return f"{news} {outlook_text}"
    if not wait_text:
        return news
    before, after = room.wait_news
    return f"{news} {before}{wait_text}{after}"


def find_step(returned: Returned | None, resting: bool, outlook: Outlook | None, at: str) -> str:
    """A text that changes exactly when there is something to announce. at: of PlaceWords."""
    step = "waiting-resting" if resting else "waiting"
    if returned:
        step = f"{step}-{returned}"
    if outlook == "unlikely":
        step = f"{step}-{outlook}"
    return f"{step}-{at}"


@lru_cache(maxsize=8_192, typed=True)
def interval_texts(ask_again_s: float | None) -> tuple[str, str]:
    """Seconds until a page asks again: by script, and whole ones without. Cached, as intervals
    have two decimal places.
    """
    return "" if ask_again_s is None else str(ask_again_s), str(max(1, ceil(ask_again_s or 0)))


def make_title(place: str, state: str, site_name: str) -> str:
    """The tab's title; the place comes first, as a narrow tab shows little more."""
    return " · ".join(filter(None, (place, state, site_name)))


def iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def make_times(at: datetime, language: Language) -> tuple[str, str]:
    """A time in ISO 8601, and as text to the second (cached, as a crowd shares seconds)."""
    return iso(at), _time(language, at.replace(microsecond=0))


def parse_times(text: str | None, language: Language) -> tuple[str, str]:
    """As `make_times`, from a time of `PlaceOut`; empty where it is unknown."""
    if not text:
        return "", ""
    second, _, fraction = text[:-1].partition(".")
    return f"{second}.{fraction[:3] or '000'}+00:00", _time_of(second, language)


@lru_cache(maxsize=8_192)
def _time_of(second: str, language: Language) -> str:
    return language.time(datetime.fromisoformat(f"{second}+00:00"))


_time = lru_cache(maxsize=8_192)(Language.time)
times_now = lru_cache(maxsize=64)(make_times)


def moments(place: PlaceOut, now: datetime, language: Language) -> dict[str, Any]:
    """When the member came, when this answer was made, and when the page asks again."""
    ask_again_s, reload_s = interval_texts(place.ask_again_s)
    arrived_at, arrived_text = parse_times(place.arrived_at, language)
    updated_at, updated_text = times_now(now, language)
    return {
        "ask_again_s": ask_again_s,
        "reload_s": reload_s,
        "arrived_at": arrived_at,
        "arrived_text": arrived_text,
        "updated_at": updated_at,
        "updated_text": updated_text,
    }


# Cached, as up to 500 answers share the time of one read.
read_at = lru_cache(maxsize=64)(from_us)


def coupon_status(issued: IssuedCouponOut | None, now: datetime) -> str:
    """UNUSED, USED or EXPIRED; "" where the coupon is not known."""
    if issued is None:
        return ""
    is_over = issued.status is Status.UNUSED and now >= issued.expire_date
    return (Status.EXPIRED if is_over else issued.status).value
