"""PlaceView: a member's place as the fragment shows it, in one language.

The values that a template branches on (the *shape*) are separate from those that change every
second (the *texts*), so that a fragment can be rendered once per shape and filled for a crowd.
Whether a text is empty belongs to the shape, as an empty one is not shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from domain.phase import (
    LOBBY,
    PLACE_PHASES,
    REFUSED,
    RESTORED,
    ROOM_PHASE,
    WAITING,
    place_phase,
)
from domain.refusals import REFUSALS, SoldOut
from domain.settings_spec import Opening
from web.i18n import PROBLEM_TITLE, Language
from web.pages.formatting import duration, wait
from web.pages.member.place_fields import lobby_fields, restoring_fields
from web.pages.member.place_text import (
    NO_PLACE,
    PLAIN,
    Outlook,
    coupon_status,
    find_outlook,
    find_progress,
    find_step,
    interval_texts,
    make_times,
    make_title,
    parse_times,
    place_words,
    progress_in_words,
    times_now,
    waiting_news,
    waiting_room,
)
from web.schemas.public import IssuedCouponOut, PlaceOut, RefusalOut, Returned

# States of a page besides the phases of a place.
UNREACHABLE, SIGNED_OUT = "unreachable", "signed_out"
_ENDS = {phase.word for phase in PLACE_PHASES if phase.is_final} | {SIGNED_OUT}
CAN_RETRY = frozenset(slug for slug, kind in REFUSALS.items() if kind.may_retry)
TEXTS = (
    "title", "news", "step", "ask_again_s", "reload_s", "updated_at", "updated_text", "arrived_at",
    "arrived_text", "place_text", "place_size", "ahead_text", "eta_text", "remain_text",
    "outlook_text", "progress", "progress_text", "opens_at", "opens_text", "now_at", "note_text",
)  # fmt: skip


class PlaceView(NamedTuple):
    """First the values that the template branches on, then the texts (TEXTS), then the fields of
    final states, then those in front of a site.

    state: the word of a place's phase, or UNREACHABLE or SIGNED_OUT. Times come twice: `..._at` in
    ISO 8601, `..._text` for readers. query: what the fragment's own links keep. until, left: the
    time to come to the site, or to stay there.
    """

    room: str
    state: str
    resting: bool = False
    draining: bool = False
    returned: Returned | None = None
    outlook: Outlook | None = None
    opening: Opening | None = None

    title: str = ""
    news: str = ""
    step: str = ""
    ask_again_s: str = ""
    reload_s: str = ""
    updated_at: str = ""
    updated_text: str = ""
    arrived_at: str = ""
    arrived_text: str = ""
    place_text: str = ""
    place_size: str = ""
    ahead_text: str = ""
    eta_text: str = ""
    remain_text: str = ""
    outlook_text: str = ""
    progress: str = ""
    progress_text: str = ""
    opens_at: str = ""
    opens_text: str = ""
    now_at: str = ""
    note_text: str = ""

    issued_coupon: IssuedCouponOut | None = None
    coupon_status: str = ""
    refusal_title: str = ""
    refusal_detail: str = ""
    can_try_again: bool = False
    is_sold_out: bool = False
    retry_after_text: str = ""

    query: str = ""
    until_at: str = ""
    until_text: str = ""
    left_text: str = ""
    left_clock: str = ""

    @property
    def goes_on(self) -> bool:
        """Whether the fragment polls again."""
        return self.state not in _ENDS

    @property
    def shape(self) -> tuple[object, ...]:
        """Everything that a waiting place's markup depends on, except the room's code."""
        fields: tuple[object, ...] = self
        return fields[_DECIDES], tuple(map(bool, fields[TEXT_FIELDS]))

    @property
    def final_shape(self) -> tuple[object, ...]:
        """As `shape`, of a final place whose texts are filled in."""
        fields: tuple[object, ...] = self
        return self.shape, fields[TEXT_FIELDS.stop :]

    @classmethod
    def from_place(
        cls,
        place: PlaceOut,
        *,
        language: Language,
        now: datetime,
        site_name: str,
        started_ahead: int | None = None,
    ) -> PlaceView:
        """started_ahead: how many were ahead at first; None to start now."""
        phase = place_phase(place.state, ROOM_PHASE[place.room_state])
        if phase is RESTORED:
            return cls(**restoring_fields(place, language, now, site_name))
        if phase is LOBBY:
            return cls(**lobby_fields(place, language, now, site_name))
        if phase is WAITING:
            return _waiting(place, language, now, site_name, started_ahead)
        if phase is REFUSED:
            return refused(
                place.room,
                place.refusal,
                language=language,
                site_name=site_name,
                arrived_at=place.arrived_at,
                started_ahead=started_ahead,
            )
        return plain(
            place.room,
            phase.word,
            language=language,
            site_name=site_name,
            ask_again_s=place.ask_again_s,
            issued_coupon=place.issued_coupon,
            coupon_status=coupon_status(place.issued_coupon, now),
        )


# Slices, as field access by name is too slow for a crowd.
_DECIDES = slice(PlaceView._fields.index("state"), PlaceView._fields.index(TEXTS[0]))
TEXT_FIELDS = slice(PlaceView._fields.index(TEXTS[0]), PlaceView._fields.index(TEXTS[-1]) + 1)


def _waiting(
    place: PlaceOut, language: Language, now: datetime, site_name: str, started_ahead: int | None
) -> PlaceView:
    """Runs for each member of a crowd every second, so it must be fast."""
    remain = place.remain_count or 0
    room = waiting_room(language, place.room_state, remain, site_name)
    resting, ahead, returned = room.resting, place.ahead, place.returned
    wait_text = "" if resting or place.eta_s is None else wait(language, place.eta_s)
    outlook: Outlook | None = None
    outlook_text = progress = progress_text = ""
    words = NO_PLACE
    if ahead is not None:
        words = place_words(language, ahead)
        if place.remain_count is not None:
            outlook = find_outlook(remain, ahead)
            outlook_text = room.outlooks[outlook]
        progress, progress_text = progress_in_words(language, find_progress(ahead, started_ahead))
    place_text, place_size, _, ahead_text, step = words
    # By position, as names would take twice as long.
    return PlaceView(
        place.room,
        WAITING.word,
        resting,
        room.draining,
        returned,
        outlook,
        None,  # opening
        f"{place_text} · {room.title}" if place_text else room.title,
        waiting_news(language, room, place, place_text, wait_text, outlook_text),
        find_step(returned, resting, outlook, step),
        *interval_texts(place.ask_again_s),
        *times_now(now, language),
        *parse_times(place.arrived_at, language),
        place_text,
        place_size,
        ahead_text,
        wait_text or room.eta_text,
        room.remain_text,
        outlook_text,
        progress,
        progress_text,
        note_text=room.note_text,
    )


def refused(
    room: str,
    refusal: RefusalOut | None,
    *,
    language: Language,
    site_name: str,
    retry_after_s: float | None = None,
    arrived_at: str | None = None,
    started_ahead: int | None = None,
) -> PlaceView:
    """arrived_at, started_ahead: of the place that the member had; None without one. The view's
    place_text is that first place.
    """
    gettext = language.gettext
    title = gettext("There is no coupon for you this time")
    detail = ""
    if refusal is not None:
        title = language.pgettext(PROBLEM_TITLE, refusal.title)
        detail = gettext(refusal.detail)
    came_at, came_text = parse_times(arrived_at, language)
    return PlaceView(
        room=room,
        state=REFUSED.word,
        title=make_title("", gettext("No coupon this time"), site_name),
        news=title,
        step=REFUSED.word,
        arrived_at=came_at,
        arrived_text=came_text,
        place_text="" if started_ahead is None else language.number(started_ahead + 1),
        refusal_title=title,
        refusal_detail=detail,
        can_try_again=refusal is not None and refusal.type in CAN_RETRY,
        is_sold_out=refusal is not None and refusal.type == SoldOut.slug,
        retry_after_text=duration(language, retry_after_s) if retry_after_s else "",
    )


def plain(
    room: str,
    state: str,
    *,
    language: Language,
    site_name: str,
    ask_again_s: float | None = None,
    arrived_at: datetime | None = None,
    issued_coupon: IssuedCouponOut | None = None,
    coupon_status: str = "",
    words: Mapping[str, tuple[str, str]] = PLAIN,
) -> PlaceView:
    """A view of a state without further details. words: the title and the news of each state."""
    title, news = words.get(f"{state} {coupon_status}") or words[state]
    asks_again_s, reload_s = interval_texts(ask_again_s)
    at, text = make_times(arrived_at, language) if arrived_at else ("", "")
    return PlaceView(
        room=room,
        state=state,
        title=make_title("", language.gettext(title), site_name),
        news=language.gettext(news),
        step=state,
        ask_again_s=asks_again_s,
        reload_s=reload_s,
        arrived_at=at,
        arrived_text=text,
        issued_coupon=issued_coupon,
        coupon_status=coupon_status,
    )
