"""SiteViews: a visitor's place as a member's (PlaceView), in the words of a site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.phase import CALLED, INSIDE, REFUSED, ROOM_PHASE, WAITING, place_phase
from domain.sites.site_room import SiteRoom
from web.i18n import PROBLEM_TITLE, Language, to_translate
from web.pages.formatting import duration
from web.pages.member.place_text import PLAIN, iso, make_title
from web.pages.member.place_view import CAN_RETRY, PlaceView, plain
from web.schemas.public import PlaceOut, RefusalOut

_OVER = (to_translate("Visit over"), to_translate("Your visit is over."))
# By state: the tab's title, and the announcement.
_PLAIN = PLAIN | {
    "admitted": (to_translate("Your turn"), to_translate("It’s your turn.")),
    "called": (to_translate("Your turn"), to_translate("It’s your turn.")),
    "inside": (to_translate("Inside"), to_translate("You are inside.")),
    "missed": (to_translate("You missed your turn"), to_translate("You missed your turn.")),
    "finished": _OVER,
    "ended": _OVER,
    "revoked": _OVER,
}


@dataclass(frozen=True, slots=True)
class SiteViews:
    """What the views of a room in one language share. now: by Redis' clock."""

    room: SiteRoom
    language: Language
    query: str
    started_ahead: int | None = None

    @property
    def site_name(self) -> str:
        return self.room.room.branding.name or self.room.site.name

    def view(self, place: PlaceOut, now: datetime) -> PlaceView:
        phase = place_phase(place.state, ROOM_PHASE[place.room_state])
        if phase.state == WAITING.state:
            view = PlaceView.from_place(
                place,
                language=self.language,
                now=now,
                site_name=self.site_name,
                started_ahead=self.started_ahead,
            )
            return view._replace(query=self.query)
        if phase is REFUSED:
            return self.refused(place.refusal)
        view = self.plain(phase.word, place.ask_again_s)
        return self._until(view, place, now) if phase in (CALLED, INSIDE) else view

    def plain(self, state: str, ask_again_s: float | None = None) -> PlaceView:
        """A view of a state without further details."""
        view = plain(
            self.room.code,
            state,
            language=self.language,
            site_name=self.site_name,
            ask_again_s=ask_again_s,
            words=_PLAIN,
        )
        return view._replace(query=self.query)

    def refused(self, refusal: RefusalOut | None, retry_after_s: float | None = None) -> PlaceView:
        language = self.language
        title, detail, slug = language.gettext("You can’t enter this line"), "", ""
        if refusal is not None:
            slug = refusal.type
            title = language.pgettext(PROBLEM_TITLE, refusal.title)
            detail = language.gettext(refusal.detail)
        return PlaceView(
            room=self.room.code,
            state=REFUSED.word,
            title=make_title("", title, self.site_name),
            news=title,
            step=REFUSED.word,
            refusal_title=title,
            refusal_detail=detail,
            can_try_again=slug in CAN_RETRY,
            retry_after_text=duration(language, retry_after_s) if retry_after_s else "",
            query=self.query,
        )

    def _until(self, view: PlaceView, place: PlaceOut, now: datetime) -> PlaceView:
        """With the time that is left to come, or to stay."""
        if place.until is None:
            return view
        until = datetime.fromisoformat(place.until)
        left_s = max(0, round((until - now).total_seconds()))
        return view._replace(
            until_at=iso(until),
            until_text=self.language.time(until),
            left_text=duration(self.language, max(1, left_s)),
            left_clock=f"{left_s // 60}:{left_s % 60:02}",
            now_at=iso(now),
        )
