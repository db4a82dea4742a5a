"""Gauges: the board's figures in one language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from waitroom.stats.forecast import Forecast
from waitroom.stats.room_stats import RoomStats
from web.i18n import Language
from web.office_status import OfficeStatus
from web.pages.admin.status_sentence import rate
from web.pages.formatting import seconds

UNKNOWN = "–"
# Redis is underlined from this share of its limit on.
FULL_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Gauge:
    """A figure, its bound, and its key for tests and scripts. at: a time, instead of a value."""

    key: str
    label: str
    value: str = UNKNOWN
    beside: str = ""
    is_full: bool = False
    at: datetime | None = None


def bar_gauges(
    figures: RoomStats, ahead: Forecast | None, now: datetime, language: Language
) -> tuple[Gauge, ...]:
    """The four figures that stay in sight."""
    _, number = language.gettext, language.number
    target = _("of %(rate)s/s", rate=rate(language, figures.rate_in_force_per_s))
    measured = _("%(rate)s/s", rate=language.decimal(figures.admitted_per_s, 1))
    return (
        Gauge("waiting", _("Waiting"), number(figures.waiting)),
        Gauge("admitted_per_s", _("Rate"), measured, target),
        Gauge(
            "remain_count",
            _("Coupons left"),
            number(figures.remain_count),
            _("of %(count)s", count=number(figures.total_count)),
        ),
        _end_gauge(figures, ahead, now, language),
    )


def _end_gauge(
    figures: RoomStats, ahead: Forecast | None, now: datetime, language: Language
) -> Gauge:
    """The time at which the line ends; before the opening, when it opens."""
    _ = language.gettext
    opens_in_s = figures.opens_at_s - now.timestamp()
    if opens_in_s > 0 and not figures.phase.is_over:
        opens_at = now + timedelta(seconds=opens_in_s)
        return Gauge("ends_at", _("Opens at"), beside=_in(opens_in_s, language), at=opens_at)
    if figures.sold_out_at_s is not None and not figures.remain_count:
        sold_out_at = now + timedelta(seconds=figures.sold_out_at_s - now.timestamp())
        return Gauge("ends_at", _("Sold out at"), at=sold_out_at)
    if ahead is None:
        return Gauge("ends_at", _("Sold out at"))
    label = _("Sold out at") if ahead.is_sold_out else _("All admitted at")
    ends_at = now + timedelta(seconds=ahead.ends_in_s)
    return Gauge("ends_at", label, beside=_in(ahead.ends_in_s, language), at=ends_at)


def _in(in_s: float, language: Language) -> str:
    return language.gettext("in %(wait)s", wait=seconds(language, max(1, round(in_s))))


def large_gauges(
    figures: RoomStats, ahead: Forecast | None, language: Language
) -> tuple[Gauge, ...]:
    """What the rate means for people."""
    _, number = language.gettext, language.number

    def per_s(value: float) -> str:
        return _("%(rate)s/s", rate=rate(language, value))

    at_rate = _("at %(rate)s/s", rate=rate(language, figures.issued_per_s))
    gauges = [Gauge("issued", _("Issued"), number(figures.issued), at_rate)]
    if ahead is None:
        gauges += [
            Gauge("last_wait", _("Wait at the end of the line")),
            Gauge("will_miss_out", _("Will miss out")),
        ]
    else:
        early_s = ahead.last_wait_s - ahead.ends_in_s
        sold_out = _("sold out %(wait)s before that", wait=seconds(language, round(early_s)))
        gauges += [
            Gauge(
                "last_wait",
                _("Wait at the end of the line"),
                seconds(language, round(ahead.last_wait_s)),
                sold_out if ahead.is_sold_out else "",
            ),
            Gauge(
                "will_miss_out",
                _("Will miss out"),
                number(ahead.will_miss_out),
                _("of %(count)s in line", count=number(figures.waiting)),
            ),
        ]
    gauges.append(Gauge("entered_per_s", _("Entering"), per_s(figures.entered_per_s)))
    return (*gauges, *_autopilot_rate(figures, language))


def _autopilot_rate(figures: RoomStats, language: Language) -> tuple[Gauge, ...]:
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


def small_gauges(
    figures: RoomStats | None, seen: OfficeStatus, db_bound: int, language: Language
) -> tuple[Gauge, ...]:
    """Where to look for the cause of trouble."""
    _, number = language.gettext, language.number
    queue, office = seen.queue_status, _OfficeGauges(language)
    processes = (*office.requests(seen), office.memory(seen), *office.processes(seen))
    found = (
        office.used("workers_busy", _("Workers busy"), queue.busy, queue.workers)
        if queue
        else Gauge("workers_busy", _("Workers busy")),
        Gauge("backlog", _("Jobs queued"), number(queue.backlog) if queue else UNKNOWN),
        office.used("db_connections", _("Database connections"), seen.db_in_use, db_bound),
    )
    if figures is None:
        return found + processes
    return (
        Gauge("refused", _("Refused"), number(figures.refused_in_all)),
        Gauge("left", _("Left the line"), number(figures.left), _share(figures, language)),
        Gauge(
            "passed_over",
            _("Skipped"),
            number(figures.passed_over),
            _("%(count)s came back", count=number(figures.returned)),
        ),
        Gauge("waiting_peak", _("Most waiting"), number(figures.waiting_peak)),
        office.used("seats_in_use", _("Seats in use"), figures.seats_in_use, figures.seats),
        *found,
        office.p99("enter_p99_ms", _("Entering, p99"), figures.enter_p99_ms),
        office.p99("issue_p99_ms", _("Issuing, p99"), figures.issue_p99_ms),
        *processes,
    )


def _share(figures: RoomStats, language: Language) -> str:
    """How many of those who entered left, in percent."""
    if not figures.entered:
        return ""
    percent = language.decimal(100 * figures.left / figures.entered, 1)
    return language.gettext("%(percent)s %%", percent=percent)


@dataclass(frozen=True, slots=True)
class _OfficeGauges:
    language: Language

    def used(self, key: str, label: str, used: int | None, bound: int) -> Gauge:
        _, number = self.language.gettext, self.language.number
        value = UNKNOWN if used is None else number(used)
        beside = _("of %(count)s", count=number(bound))
        return Gauge(key, label, value, beside, is_full=used is not None and used >= bound > 0)

    def p99(self, key: str, label: str, p99_ms: float | None) -> Gauge:
        if p99_ms is None:
            return Gauge(key, label)
        places = 0 if p99_ms >= 10 else 1
        took = self.language.decimal(p99_ms, places)
        return Gauge(key, label, self.language.gettext("%(count)s ms", count=took))

    def requests(self, seen: OfficeStatus) -> tuple[Gauge, ...]:
        _, number = self.language.gettext, self.language.number
        streams = Gauge("streams", _("Open streams"), number(seen.streams))
        if seen.requests is None:
            return streams, Gauge("requests_per_s", _("Requests"))
        answered, refused = (rate(self.language, value) for value in seen.requests)
        beside = _("%(rate)s/s refused", rate=refused)
        return streams, Gauge(
            "requests_per_s", _("Requests"), _("%(rate)s/s", rate=answered), beside
        )

    def memory(self, seen: OfficeStatus) -> Gauge:
        _, memory = self.language.gettext, seen.memory
        if memory is None:
            return Gauge("redis_memory", _("Redis memory"))
        most = _("of %(size)s", size=self._size(memory.most)) if memory.most else _("no limit")
        is_full = memory.most > 0 and memory.used >= FULL_SHARE * memory.most
        beside = f"{most} · {memory.policy}"
        return Gauge("redis_memory", _("Redis memory"), self._size(memory.used), beside, is_full)

    def _size(self, size: int) -> str:
        return self.language.gettext("%(count)s MB", count=self.language.decimal(size / 1e6, 1))

    def processes(self, seen: OfficeStatus) -> tuple[Gauge, ...]:
        """Left out until the first reading of the registry."""
        if not seen.running:
            return ()
        _, number = self.language.gettext, self.language.number
        kinds = {kind: number(seen.running.get(kind, 0)) for kind in ("web", "admitter", "worker")}
        beside = _("web %(web)s · admitter %(admitter)s · worker %(worker)s", **kinds)
        return (Gauge("processes", _("Processes"), number(sum(seen.running.values())), beside),)
