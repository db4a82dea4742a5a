"""SiteView: a visitor's place in front of a site, as the page's fragment shows it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from domain.phase import CALLED, INSIDE, LOBBY, REFUSED, RESTORED, ROOM_PHASE, WAITING, place_phase
from domain.sites.site_room import SiteRoom
from web.i18n import PROBLEM_TITLE, Language, to_translate
from web.pages.formatting import duration, wait
from web.pages.member.place_text import (
    NO_PLACE,
    find_progress,
    find_step,
    interval_texts,
    iso,
    make_title,
    moments,
    place_words,
    progress_in_words,
    waiting_news,
    waiting_room,
)
from web.pages.member.place_view import CAN_RETRY, UNREACHABLE
from web.schemas.public import PlaceOut, RefusalOut

# By state: the tab's title, and the announcement.
_PLAIN = {
    "called": (to_translate("Your turn"), to_translate("It’s your turn.")),
    "inside": (to_translate("Inside"), to_translate("You are inside.")),
    "missed": (to_translate("You missed your turn"), to_translate("You missed your turn.")),
    "finished": (to_translate("Visit over"), to_translate("Your visit is over.")),
    "ended": (to_translate("Visit over"), to_translate("Your visit is over.")),
    "revoked": (to_translate("Visit over"), to_translate("Your visit is over.")),
    "absent": (to_translate("Not in line"), to_translate("You are not in this line.")),
    "admitted": (to_translate("Your turn"), to_translate("It’s your turn.")),
    UNREACHABLE: (
        to_translate("Reconnecting"),
        to_translate("We can’t reach the line right now. Your place is safe."),
    ),
}
# Sentences of refusals that speak of coupons elsewhere.
_REFUSALS = {
    "closed": to_translate("This line is closed. Nobody is admitted any more."),
    "not_open_yet": to_translate("This line is not open yet. Come back when it opens."),
}
# Whose fragment asks again: the others change only when somebody does something.
_GOES_ON = {WAITING.word, LOBBY.word, RESTORED.word, CALLED.word, UNREACHABLE, "admitted"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteView:
    """state: the word of a place's phase, or UNREACHABLE. Times come twice: `..._at` in ISO 8601,
    `..._text` for readers. query: keeps the visitor's target URL in the page's own links.
    """

    room: str
    state: str
    query: str
    title: str
    news: str
    step: str
    ask_again_s: str = ""
    reload_s: str = ""
    updated_at: str = ""
    updated_text: str = ""
    arrived_at: str = ""
    arrived_text: str = ""
    resting: bool = False
    returned: str | None = None
    opening: str | None = None
    place_text: str = ""
    place_size: str = ""
    ahead_text: str = ""
    eta_text: str = ""
    progress: str = ""
    progress_text: str = ""
    note_text: str = ""
    opens_at: str = ""
    opens_text: str = ""
    now_at: str = ""
    until_at: str = ""
    until_text: str = ""
    left_s: int = 0
    left_text: str = ""
    left_clock: str = ""
    refusal_title: str = ""
    refusal_detail: str = ""
    can_try_again: bool = False
    retry_after_text: str = ""

    @property
    def goes_on(self) -> bool:
        """Whether the fragment polls again."""
        return self.state in _GOES_ON


@dataclass(frozen=True, slots=True)
class SiteWords:
    """What the views of a room in one language share. now: by Redis' clock."""

    room: SiteRoom
    language: Language
    query: str
    started_ahead: int | None = field(default=None)

    @property
    def site_name(self) -> str:
        return self.room.room.branding.name or self.room.site.name

    def view(self, place: PlaceOut, now: datetime) -> SiteView:
        phase = place_phase(place.state, ROOM_PHASE[place.room_state])
        if phase is WAITING:
            return self._waiting(place, now)
        if phase is LOBBY:
            return self._lobby(place, now)
        if phase is RESTORED:
            return self._restoring(place, now)
        if phase is REFUSED:
            return self.refused(place.refusal)
        view = self.plain(phase.word, place.ask_again_s)
        return self._until(view, place, now) if phase in (CALLED, INSIDE) else view

    def plain(self, state: str, ask_again_s: float | None = None) -> SiteView:
        """A view of a state without further details."""
        title, news = _PLAIN[state]
        asks_again_s, reload_s = interval_texts(ask_again_s)
        return self._make(
            state,
            self.language.gettext(title),
            self.language.gettext(news),
            ask_again_s=asks_again_s,
            reload_s=reload_s,
        )

    def refused(self, refusal: RefusalOut | None, retry_after_s: float | None = None) -> SiteView:
        language = self.language
        title, detail, slug = language.gettext("You can’t enter this line"), "", ""
        if refusal is not None:
            slug = refusal.type
            title = language.pgettext(PROBLEM_TITLE, refusal.title)
            detail = language.gettext(_REFUSALS.get(slug, refusal.detail))
        return self._make(
            REFUSED.word,
            title,
            title,
            refusal_title=title,
            refusal_detail=detail,
            can_try_again=slug in CAN_RETRY,
            retry_after_text=duration(language, retry_after_s) if retry_after_s else "",
        )

    def _waiting(self, place: PlaceOut, now: datetime) -> SiteView:
        language = self.language
        room = waiting_room(language, place.room_state, 0, self.site_name)
        words = NO_PLACE if place.ahead is None else place_words(language, place.ahead)
        is_known = not room.resting and place.eta_s is not None
        wait_text = wait(language, place.eta_s) if is_known and place.eta_s is not None else ""
        progress = progress_text = ""
        if place.ahead is not None:
            percent = find_progress(place.ahead, self.started_ahead)
            progress, progress_text = progress_in_words(language, percent)
        view = self._make(
            WAITING.word,
            language.gettext("In line"),
            waiting_news(language, room, place, words.place, wait_text, ""),
            resting=room.resting,
            returned=place.returned,
            place_text=words.place,
            place_size=words.place_size,
            ahead_text=words.ahead_sentence,
            eta_text=wait_text or room.eta_text,
            progress=progress,
            progress_text=progress_text,
            note_text=room.note_text,
            **moments(place, now),
        )
        title = f"{words.place} · {view.title}" if words.place else view.title
        step = find_step(place.returned, room.resting, None, words.step)
        return replace(view, title=title, step=step)

    def _lobby(self, place: PlaceOut, now: datetime) -> SiteView:
        language = self.language
        opens_at = datetime.fromisoformat(place.opens_at) if place.opens_at else None
        draws = place.opening == "draw"
        place_text = "" if draws or place.place is None else language.number(place.place)
        news = language.gettext("You are in the lobby. Your place is safe.")
        if place_text:
            news = language.gettext("You are number %(place)s in the lobby.", place=place_text)
        return self._make(
            LOBBY.word,
            language.gettext("In the lobby"),
            news,
            returned=place.returned,
            opening=place.opening or "first_come",
            place_text=place_text,
            opens_at=iso(opens_at) if opens_at else "",
            opens_text=language.date_and_time(opens_at) if opens_at else "",
            now_at=iso(now),
            **moments(place, now),
        )

    def _restoring(self, place: PlaceOut, now: datetime) -> SiteView:
        return self._make(
            RESTORED.word,
            self.language.gettext("Your place is safe"),
            self.language.gettext("The line was interrupted. Your place is safe."),
            **moments(place, now),
        )

    def _until(self, view: SiteView, place: PlaceOut, now: datetime) -> SiteView:
        """With the time that is left to come, or to stay."""
        if place.until is None:
            return view
        until = datetime.fromisoformat(place.until)
        left_s = max(0, round((until - now).total_seconds()))
        return replace(
            view,
            until_at=iso(until),
            until_text=self.language.time(until),
            left_s=left_s,
            left_text=duration(self.language, max(1, left_s)),
            left_clock=f"{left_s // 60}:{left_s % 60:02}",
            now_at=iso(now),
        )

    def _make(self, state: str, title: str, news: str, **fields: Any) -> SiteView:
        made = SiteView(
            room=self.room.code,
            state=state,
            query=self.query,
            title=make_title("", title, self.site_name),
            news=news,
            step=state,
        )
        return replace(made, **fields)
