"""The board's status sentence: one sentence on the state of a room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from domain.phase import CLOSED, DRAINING, SCHEDULED
from waitroom.stats.forecast import BOARD_OVER_S, forecast_at
from waitroom.stats.room_stats import RoomStats
from web.i18n import Language, to_translate
from web.pages.formatting import duration

_SOLD_OUT = to_translate("%(left)s left for %(waiting)s waiting: sold out in %(wait)s.")
_ALL_ADMITTED = to_translate(
    "%(left)s left for %(waiting)s waiting: everyone is admitted in %(wait)s."
)

Tone = Literal["well", "still", "over", "trouble"]


@dataclass(frozen=True, slots=True)
class RoomStatus:
    """The sentence's input. figures: None while Redis is unreachable; workers: None if unknown.

    is_settling: the settings have just changed.
    """

    figures: RoomStats | None
    now: datetime
    postgres_away: bool = False
    workers: int | None = None
    is_settling: bool = False


def status_sentence(going: RoomStatus, language: Language) -> tuple[Tone, str]:
    """In which tone, and the words. What ends it comes before what holds it up."""
    figures, _ = going.figures, language.gettext
    if figures is None:
        return "trouble", _(
            "Redis is unreachable: nobody is admitted. Places are kept, and this page reconnects "
            "automatically."
        )
    phase = figures.phase
    if phase is CLOSED and figures.state != CLOSED.word:
        return "over", _("This coupon has ended.")
    if phase.is_over:
        return "over", _(phase.board)
    waiting = _waiting_text(figures, language)
    trouble = _trouble(going, figures, language)
    if trouble:
        return "trouble", f"{trouble} {waiting}"
    if phase is SCHEDULED:
        return "still", f"{_opens(going, figures, language)} {_begin(figures, language)}{waiting}"
    if not phase.admits:
        return "still", f"{_(phase.board)} {waiting}"
    if phase is DRAINING and not (figures.in_line or figures.seats_in_use or figures.away):
        return "over", _("Drained: the line is empty.")
    tone, sentence = _while_open(figures, language, waiting, is_settling=going.is_settling)
    return tone, _begin(figures, language) + sentence


def _opens(going: RoomStatus, figures: RoomStats, language: Language) -> str:
    opens_in_s = figures.opens_at_s - going.now.timestamp()
    if opens_in_s <= 0:
        return language.gettext("The draw is not saved yet: nobody is admitted.")
    return language.gettext("Opens in %(wait)s.", wait=duration(language, opens_in_s))


def _trouble(going: RoomStatus, figures: RoomStats, language: Language) -> str:
    """What blocks the whole room; empty where nothing does."""
    if going.postgres_away:
        return language.gettext("Admission has stopped: Postgres is unreachable.")
    if going.workers == 0:
        return language.gettext("Nothing is issued: no worker is running.")
    return language.gettext(figures.phase.board) if figures.phase.is_trouble else ""


def _begin(figures: RoomStats, language: Language) -> str:
    """What comes before the rest; of a room that drains, how many are left to be served."""
    if figures.state != DRAINING.word:
        board = figures.phase.board
        return f"{language.gettext(board)} " if board else ""
    drains = language.gettext(DRAINING.board)
    if figures.waiting:
        left = language.ngettext(
            "One member is still in line.", "%(count)s members are still in line.", figures.waiting
        )
        drains = f"{drains} {left}"
    if figures.away:
        may_return = language.ngettext(
            "One was skipped and may still return.",
            "%(count)s were skipped and may still return.",
            figures.away,
        )
        drains = f"{drains} {may_return}"
    return f"{drains} "


def _while_open(
    figures: RoomStats, language: Language, waiting: str, *, is_settling: bool
) -> tuple[Tone, str]:
    if figures.waiting == 0 and figures.seats_in_use:
        under_way = language.ngettext(
            "A coupon is being issued.", "%(count)s coupons are being issued.", figures.seats_in_use
        )
        return "well", f"{waiting} {under_way}"
    if figures.waiting == 0:
        return "still", waiting
    should_move = figures.rate_in_force_per_s * BOARD_OVER_S >= 1 and not is_settling
    if figures.admitted_per_s == 0 and should_move:
        return _held_back(figures, language, waiting)
    _, number = language.gettext, language.number
    rates = _(
        "Admitting %(measured)s/s (target %(asked)s/s).",
        measured=rate(language, figures.admitted_per_s),
        asked=rate(language, figures.rate_in_force_per_s),
    )
    ahead = forecast_at(figures, figures.admitted_per_s or figures.rate_in_force_per_s)
    sentence = _SOLD_OUT if ahead.is_sold_out else _ALL_ADMITTED
    return "well", f"{rates} " + _(
        sentence,
        left=number(figures.remain_count),
        waiting=number(figures.waiting),
        wait=duration(language, max(1.0, ahead.ends_in_s)),
    )


def _held_back(figures: RoomStats, language: Language, waiting: str) -> tuple[Tone, str]:
    """Whether nobody was admitted for a while, though members wait and coupons remain."""
    if figures.seats_in_use >= figures.remain_count:
        last = language.ngettext(
            "The last coupon is being issued.",
            "The last %(count)s coupons are being issued.",
            figures.remain_count,
        )
        return "well", f"{last} {waiting}"
    if figures.seats_in_use >= figures.seats:
        full = language.ngettext(
            "The only seat is in use.", "All %(count)s seats are in use.", figures.seats
        )
        return "trouble", f"{full} {waiting}"
    silent = language.gettext("Nobody was admitted in the last few seconds.")
    return "trouble", f"{silent} {waiting}"


def _waiting_text(figures: RoomStats, language: Language) -> str:
    if figures.waiting == 0:
        return language.gettext("Nobody is waiting.")
    return language.ngettext(
        "One member is waiting and keeps their place.",
        "%(count)s members are waiting and keep their places.",
        figures.waiting,
    )


def rate(language: Language, per_s: float) -> str:
    """Whole from ten on, else to a tenth."""
    if per_s >= 10 or per_s == int(per_s):
        return language.number(round(per_s))
    return language.decimal(per_s, 1)
