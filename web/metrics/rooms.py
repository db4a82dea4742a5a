"""Room metrics: each room's figures from Redis, the same in every process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from domain.phase import ROOM_PHASES, RoomPhase
from waitroom.stats.latency_histogram import bucket_upper_s
from waitroom.stats.metrics_snapshot import MetricsSnapshot
from waitroom.stats.tally import LatencyTotals

Rooms = Mapping[str, MetricsSnapshot]
Reading = Callable[[MetricsSnapshot], float | None]


def _of_visits(name: str) -> Reading:
    """A figure of a site's room; None for a coupon's."""

    def reading(room: MetricsSnapshot) -> float | None:
        visits = room.figures.visits
        return None if visits is None else float(getattr(visits, name))

    return reading


# A reading of None is left out.
_GAUGES: dict[str, tuple[str, Reading]] = {
    "waiting": ("Members waiting in line", lambda r: r.figures.waiting),
    "size_max": ("Most members that may wait in line", lambda r: r.figures.size_max),
    "away": (
        "Members skipped, or answered in line that the room is over, and not back",
        lambda r: r.figures.away,
    ),
    "seats_in_use": ("Members admitted without an outcome", lambda r: r.figures.seats_in_use),
    # The previous release's name, for one more release.
    "under_way": ("The same as seats_in_use", lambda r: r.figures.seats_in_use),
    "seats": ("Most members admitted without an outcome", lambda r: r.figures.seats),
    "coupons": (
        "Coupons in total",
        lambda r: None if r.figures.stock is None else r.figures.total_count,
    ),
    "coupons_remaining": ("Coupons that remain", lambda r: r.figures.stock),
    "visits_called": ("Members called to a site who have not come yet", _of_visits("called")),
    "visits_inside": ("Members inside a site", _of_visits("inside")),
    "rate_per_second": ("Admissions per second as set", lambda r: r.figures.rate_per_s),
    "rate_in_force_per_second": (
        "Admissions per second in force: as set, or the autopilot's",
        lambda r: r.figures.rate_in_force_per_s,
    ),
    "room_admits": (
        "Whether the room admits members in its phase",
        lambda r: float(r.figures.phase.admits),
    ),
    "admission_timestamp_seconds": (
        "When an admitter last served the room",
        lambda r: r.admission_at_s,
    ),
    "opens_timestamp_seconds": ("When the room opens", lambda r: r.figures.opens_at_s),
    "autopilot": (
        "Whether the room is on autopilot",
        lambda r: float(r.figures.rate_mode == "autopilot"),
    ),
    "autopilot_step_timestamp_seconds": (
        "When the autopilot took its last step",
        lambda r: r.pilot_at_s,
    ),
    "reconcile_timestamp_seconds": (
        "When the room was last compared with Postgres",
        lambda r: r.checked_at_s,
    ),
}
_COUNTERS: dict[str, tuple[str, Reading]] = {
    "entered": ("Members who took a place in line", lambda r: r.figures.entered),
    "admitted": ("Members admitted", lambda r: r.figures.admitted),
    "issued": ("Members with an issued coupon", lambda r: r.figures.issued),
    "left": ("Members who gave up their place", lambda r: r.figures.left),
    "passed_over": ("Members skipped for sending no request", lambda r: r.passed_over),
    "returned": ("Members who returned after being skipped", lambda r: r.returned),
    "visits": ("Visits to a site that began", _of_visits("claimed")),
    "walked_in": ("Members called to a site as they entered", _of_visits("walked_in")),
    "missed": ("Calls to a site that nobody answered in time", _of_visits("missed")),
    "visits_restored": ("Visits that passes brought back", _of_visits("restored_visits")),
}


def _visits_over(room: MetricsSnapshot) -> Mapping[str, int]:
    visits = room.figures.visits
    if visits is None:
        return {}
    return {"finished": visits.finished, "ended": visits.ended, "revoked": visits.revoked}


# Counters with another label: its name, and the counts by its values.
_COUNTERS_BY: dict[str, tuple[str, str, Callable[[MetricsSnapshot], Mapping[str, int]]]] = {
    "refused": ("Members refused after admission", "reason", lambda r: r.refused),
    "turned_away": ("Members refused at entry", "reason", lambda r: r.turned_away),
    "visits_over": ("Visits to a site that are over", "how", _visits_over),
}
# Histogram steps that end a bucket: an octave apart, from 0.4 ms to 26 s, and from 0.1 s to 7 h.
_SHORT, _LONG = range(8, 73, 4), range(40, 113, 4)
_HISTOGRAMS: dict[str, tuple[str, range, Callable[[MetricsSnapshot], LatencyTotals]]] = {
    "enter_duration_seconds": ("Time to answer an entry", _SHORT, lambda r: r.enter),
    "issue_duration_seconds": ("Time from admission to outcome", _SHORT, lambda r: r.issue),
    "wait_duration_seconds": ("Time from arrival to outcome", _LONG, lambda r: r.wait),
}


class RoomMetrics(Collector):
    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def collect(self) -> Iterator[Metric]:
        for name, (words, reading) in _GAUGES.items():
            gauge = GaugeMetricFamily(f"waitroom_{name}", words, labels=["room"])
            for code, room in self._rooms.items():
                value = reading(room)
                if value is not None:
                    gauge.add_metric([code], value)
            yield gauge
        yield from self._states()
        yield from self._counters()
        for name, (words, ends, times_of) in _HISTOGRAMS.items():
            histogram = HistogramMetricFamily(f"waitroom_{name}", words, labels=["room"])
            for code, room in self._rooms.items():
                times = times_of(room)
                histogram.add_metric([code], to_buckets(times, ends), times.sum_s)
            yield histogram

    def _states(self) -> Iterator[Metric]:
        """The metrics labelled by phase, reason or kind."""
        state = GaugeMetricFamily(
            "waitroom_room_state", "1 for the room's current phase", labels=["room", "state"]
        )
        reason = GaugeMetricFamily(
            "waitroom_autopilot_reason",
            "1 for the reason of the autopilot's last step",
            labels=["room", "reason"],
        )
        differences = GaugeMetricFamily(
            "waitroom_reconcile_differences",
            "Differences between Redis and Postgres that the last check found",
            labels=["room", "kind"],
        )
        for code, room in self._rooms.items():
            for word, is_it in name_phases(room.figures.phase).items():
                state.add_metric([code, word], float(is_it))
            if room.reason and room.figures.rate_mode == "autopilot":
                reason.add_metric([code, room.reason], 1)
            for kind, count in room.differences.items():
                differences.add_metric([code, kind], count)
        yield from (state, reason, differences)

    def _counters(self) -> Iterator[Metric]:
        for name, (words, reading) in _COUNTERS.items():
            counter = CounterMetricFamily(f"waitroom_{name}", words, labels=["room"])
            for code, room in self._rooms.items():
                total = reading(room)
                if total is not None:
                    counter.add_metric([code], total)
            yield counter
        for name, (words, label, readings) in _COUNTERS_BY.items():
            counter = CounterMetricFamily(f"waitroom_{name}", words, labels=["room", label])
            for code, room in self._rooms.items():
                for value, count in readings(room).items():
                    counter.add_metric([code, value], count)
            yield counter


def name_phases(phase: RoomPhase) -> dict[str, bool]:
    """Every phase's word and aliases, and whether each is this phase's."""
    return {
        word: word in (phase.word, *phase.aliases)
        for one in ROOM_PHASES
        for word in (one.word, *one.aliases)
    }


def to_buckets(times: LatencyTotals, ends: range) -> list[tuple[str, float]]:
    """Cumulative buckets for Prometheus; exact, as each bucket ends with a step."""
    buckets = [
        (
            f"{bucket_upper_s(end):.6g}",
            sum(count for step, count in times.steps.items() if step <= end),
        )
        for end in ends
    ]
    return [*buckets, ("+Inf", sum(times.steps.values()))]
