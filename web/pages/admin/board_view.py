"""BoardView: a room's figures as the board shows them, in one language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from domain.settings_spec import RATE_PER_S_MAX
from issuance.audit import AuditEntry
from waitroom.stats.room_stats import RoomStats
from web.i18n import Language
from web.office_status import OfficeStatus
from web.pages.admin.status_sentence import RoomStatus, Tone, rate, status_sentence

UNKNOWN = "–"


@dataclass(frozen=True, slots=True)
class Gauge:
    """A figure, its bound, and its key for tests and scripts."""

    key: str
    label: str
    value: str
    beside: str = ""
    is_full: bool = False


@dataclass(frozen=True, slots=True)
class BoardView:
    """version: of the settings in force. changed_*: the last change of them, empty if unknown.

    rate_per_s: the admin's rate. in_force_per_s: the rate in force, which may be the autopilot's.
    return_s: the setting; None while Redis is unreachable.
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
    gauges: tuple[Gauge, ...]
    return_s: int | None = None
    is_autopilot: bool = False
    autopilot_bounds: str = ""
    changed_by: str = ""
    changed_at: datetime | None = None
    changed_what: str = ""

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
        going = RoomStatus(figures, now, postgres_away=seen.db_in_use is None, workers=workers)
        tone, sentence = status_sentence(going, language)
        office = _office(figures, seen, db_bound, language)
        gauges = _line(figures, language) + office if figures else office
        return cls(
            code=code,
            tone=tone,
            sentence=sentence,
            at=now,
            version=figures.version if figures else 0,
            state=figures.state if figures else "",
            rate_per_s=figures.rate_per_s if figures else 0,
            in_force_per_s=figures.rate_in_force_per_s if figures else 0,
            gauges=gauges,
            return_s=figures.return_s if figures else None,
            is_autopilot=figures is not None and figures.rate_mode == "autopilot",
            autopilot_bounds=autopilot_bounds(figures, language) if figures else "",
            changed_by=change.who if change else "",
            changed_at=change.at if change else None,
            changed_what=_in_words(change, language) if change else "",
        )


def _line(figures: RoomStats, language: Language) -> tuple[Gauge, ...]:
    _, number = language.gettext, language.number

    def per_s(value: float) -> str:
        return _("%(rate)s/s", rate=rate(language, value))

    return (
        Gauge("waiting", _("Waiting"), number(figures.waiting)),
        Gauge("entered_per_s", _("Entering"), per_s(figures.entered_per_s)),
        Gauge(
            "admitted_per_s",
            _("Admitting"),
            per_s(figures.admitted_per_s),
            _("target %(rate)s/s", rate=rate(language, figures.rate_in_force_per_s)),
        ),
        *_rate_found(figures, language),
        Gauge(
            "issued",
            _("Issued"),
            number(figures.issued),
            _("at %(rate)s/s", rate=rate(language, figures.issued_per_s)),
        ),
        Gauge(
            "remain_count",
            _("Coupons left"),
            number(figures.remain_count),
            _("of %(count)s", count=number(figures.total_count)),
        ),
        Gauge("refused", _("Refused"), number(figures.refused_in_all)),
        Gauge("left", _("Left"), number(figures.left)),
    )


def _rate_found(figures: RoomStats, language: Language) -> tuple[Gauge, ...]:
    """The autopilot's rate; empty under manual control."""
    if figures.rate_mode != "autopilot":
        return ()
    _, per_s = language.gettext, figures.rate_in_force_per_s
    between = _(
        "from %(least)s/s to %(most)s/s",
        least=rate(language, figures.rate_min_per_s),
        most=rate(language, figures.rate_max_per_s),
    )
    found = _("%(rate)s/s", rate=rate(language, per_s))
    is_full = per_s >= figures.rate_max_per_s
    return (Gauge("rate_in_force", _("Autopilot rate"), found, between, is_full=is_full),)


def autopilot_bounds(figures: RoomStats, language: Language) -> str:
    """The autopilot's bounds."""
    return language.gettext(
        "%(least)s/s to %(most)s/s, keeping transaction p95 within %(bound)s ms.",
        least=rate(language, figures.rate_min_per_s),
        most=rate(language, figures.rate_max_per_s),
        bound=language.number(figures.latency_bound_ms),
    )


def _office(
    figures: RoomStats | None, seen: OfficeStatus, db_bound: int, language: Language
) -> tuple[Gauge, ...]:
    _, number = language.gettext, language.number

    def of(key: str, label: str, used: int | None, bound: int) -> Gauge:
        value = UNKNOWN if used is None else number(used)
        beside = _("of %(count)s", count=number(bound))
        return Gauge(key, label, value, beside, is_full=used is not None and used >= bound > 0)

    def took(key: str, label: str, p99_ms: float | None) -> Gauge:
        if p99_ms is None:
            return Gauge(key, label, UNKNOWN)
        places = 0 if p99_ms >= 10 else 1
        return Gauge(key, label, _("%(count)s ms", count=language.decimal(p99_ms, places)))

    queue = seen.queue_status
    found = [
        of("workers_busy", _("Workers busy"), queue.busy, queue.workers)
        if queue
        else Gauge("workers_busy", _("Workers busy"), UNKNOWN),
        Gauge("backlog", _("Jobs queued"), number(queue.backlog) if queue else UNKNOWN),
        of("db_connections", _("Database connections"), seen.db_in_use, db_bound),
    ]
    if figures is None:
        return tuple(found)
    return (
        of("seats_in_use", _("Seats in use"), figures.seats_in_use, figures.seats),
        *found,
        took("enter_p99_ms", _("Entering, p99"), figures.enter_p99_ms),
        took("issue_p99_ms", _("Issuing, p99"), figures.issue_p99_ms),
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
