"""BoardView: a room's figures as the board shows them, in one language."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from domain.settings_spec import RATE_PER_S_MAX
from issuance.audit import AuditEntry
from waitroom.stats.forecast import forecast, is_settling, measured_rate
from waitroom.stats.room_stats import RoomStats
from web.i18n import Language
from web.office_status import OfficeStatus
from web.pages.admin.gauges import Gauge, bar_gauges, large_gauges, small_gauges
from web.pages.admin.status_sentence import RoomStatus, Tone, rate, status_sentence


@dataclass(frozen=True, slots=True)
class BoardView:
    """version: of the settings in force. changed_*: the last change of them, empty if unknown.

    phase: its label, empty while Redis is unreachable. bar, large, small: the figures, by how
    prominent they are. rate_per_s: the admin's rate. in_force_per_s: the rate in force, which may
    be the autopilot's. return_s: the setting; None while Redis is unreachable.
    """

    rate_per_s_max: ClassVar[int] = int(RATE_PER_S_MAX)

    code: str
    tone: Tone
    sentence: str
    at: datetime
    version: int
    state: str
    rate_per_s: float
    in_force_per_s: float
    phase: str
    bar: tuple[Gauge, ...]
    large: tuple[Gauge, ...]
    small: tuple[Gauge, ...]
    return_s: int | None = None
    is_autopilot: bool = False
    autopilot_bounds: str = ""
    changed_by: str = ""
    changed_at: datetime | None = None
    changed_what: str = ""

    @property
    def gauges(self) -> tuple[Gauge, ...]:
        """All figures, in their order on the page."""
        return self.bar + self.large + self.small

    @classmethod
    def from_stats(
        cls,
        code: str,
        figures: RoomStats | None,
        seen: OfficeStatus,
        change: AuditEntry | None,
        *,
        db_bound: int,
        now: datetime,
        language: Language,
    ) -> BoardView:
        workers = seen.queue_status.workers if seen.queue_status else None
        settling = is_settling(change.at if change else None, now)
        if figures is not None:
            measured = measured_rate(figures, is_settling=settling)
            figures = replace(figures, admitted_per_s=measured)
        ahead = forecast(figures, is_settling=settling) if figures else None
        away = seen.db_in_use is None
        going = RoomStatus(figures, now, postgres_away=away, workers=workers, is_settling=settling)
        tone, sentence = status_sentence(going, language)
        return cls(
            code=code,
            tone=tone,
            sentence=sentence,
            at=now,
            version=figures.version if figures else 0,
            state=figures.state if figures else "",
            rate_per_s=figures.rate_per_s if figures else 0,
            in_force_per_s=figures.rate_in_force_per_s if figures else 0,
            phase=language.gettext(figures.phase.label) if figures else "",
            bar=bar_gauges(figures, ahead, now, language) if figures else (),
            large=large_gauges(figures, ahead, language) if figures else (),
            small=small_gauges(figures, seen, db_bound, language),
            return_s=figures.return_s if figures else None,
            is_autopilot=figures is not None and figures.rate_mode == "autopilot",
            autopilot_bounds=autopilot_bounds(figures, language) if figures else "",
            changed_by=change.who if change else "",
            changed_at=change.at if change else None,
            changed_what=_in_words(change, language) if change else "",
        )


def autopilot_bounds(figures: RoomStats, language: Language) -> str:
    """The autopilot's bounds."""
    return language.gettext(
        "%(least)s/s to %(most)s/s, keeping transaction p95 within %(bound)s ms.",
        least=rate(language, figures.rate_min_per_s),
        most=rate(language, figures.rate_max_per_s),
        bound=language.number(figures.latency_bound_ms),
    )


def _in_words(change: AuditEntry, language: Language) -> str:
    """The changes of rate, state and mode, from old to new values."""
    before, after = (change.before or {}).get("room") or {}, (change.after or {}).get("room") or {}
    words = []
    if before and before.get("rate_per_s") != after.get("rate_per_s"):
        words.append(
            language.gettext(
                "rate %(before)s/s → %(after)s/s",
                before=rate(language, before["rate_per_s"]),
                after=rate(language, after["rate_per_s"]),
            )
        )
    if before and before.get("state") != after.get("state"):
        state = state_text(str(after.get("state")), language)
        words.append(language.gettext("state: %(state)s", state=state))
    if before and before.get("rate_mode") != after.get("rate_mode"):
        is_on = after.get("rate_mode") == "autopilot"
        words.append(
            language.gettext("autopilot on") if is_on else language.gettext("autopilot off")
        )
    return ", ".join(words)


def state_text(state: str, language: Language) -> str:
    words = {
        "open": language.gettext("open"),
        "paused": language.gettext("paused"),
        "draining": language.gettext("draining"),
        "closed": language.gettext("closed"),
    }
    return words[state]
