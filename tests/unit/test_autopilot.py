"""The autopilot on a database that is nothing but arithmetic."""

from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waitroom.autopilot import Batch, Bounds, Decision, RateController, Signals, recent_latency

STEP_S = 0.5
bounds = Bounds(10, 1_000, 250)


@dataclass
class Database:
    """Bears so many a second; what comes beyond that waits in a queue. Batches of a 20th of a s."""

    bears_per_s: float
    queued: float = 0.0

    def seen(self, rate_per_s: float, now_s: float) -> Signals:
        came = self.queued + rate_per_s * STEP_S
        issued = min(came, self.bears_per_s * STEP_S)
        self.queued = came - issued
        p95_ms = 1_000 * rate_per_s / 20 / self.bears_per_s
        age_s = self.queued / self.bears_per_s
        return Signals(now_s, p95_ms, issued / STEP_S, age_s)


def flown(
    database: Database, pilot: RateController, seconds: float, within: Bounds = bounds
) -> tuple[RateController, list[float], list[float]]:
    """The pilot after so long, and the rates and queue ages on the way."""
    rates, ages = [], []
    for _ in range(int(seconds / STEP_S)):
        seen = database.seen(pilot.rate_per_s, pilot.at_s + STEP_S)
        pilot, _ = pilot.step(seen, within)
        rates.append(pilot.rate_per_s)
        ages.append(seen.queue_age_s)
    return pilot, rates, ages


def well(rate_per_s: float, now_s: float) -> Signals:
    return Signals(now_s, 20, rate_per_s, 0.0)


signals = st.builds(
    Signals,
    now_s=st.floats(0, 1e6),
    latency_p95_ms=st.none() | st.floats(0, 1e5),
    issued_per_s=st.floats(0, 1e6),
    queue_age_s=st.floats(0, 1e4),
    trouble=st.none() | st.sampled_from(["postgres_away", "no_workers"]),
)


@settings(max_examples=100, deadline=None)
@given(st.floats(0.01, 1e5), st.lists(signals, max_size=40), st.floats(0.1, 50), st.floats(60, 1e5))
def test_whatever_is_seen_the_rate_stays_within_its_bounds(rate, seen, least, most):
    within = Bounds(least, most, 250)
    pilot = RateController.begin(rate, within, 0.0)

    for one in seen:
        pilot, _ = pilot.step(one, within)

        assert least <= pilot.rate_per_s <= most


@settings(max_examples=50, deadline=None)
@given(st.floats(20, 1_000))
def test_when_the_latency_doubles_it_is_down_within_one_step_and_at_half_within_twenty(rate):
    pilot = RateController.begin(rate, bounds, 100.0)
    rates = []

    for n in range(20):
        seen = Signals(100 + n * STEP_S, 2 * bounds.latency_ms, pilot.rate_per_s, 0.0)
        pilot, _ = pilot.step(seen, bounds)
        rates.append(pilot.rate_per_s)

    assert rates[0] <= 0.8 * rate
    assert rates[-1] <= max(bounds.rate_min_per_s, rate / 1.9)


@settings(max_examples=15, deadline=None)
@given(st.floats(40, 400), st.floats(2, 8))
def test_it_finds_what_is_borne_stays_near_it_and_comes_back(bears, times_slower):
    within = Bounds(1, 1_000, 250)
    database = Database(bears)
    pilot, _, _ = flown(database, RateController.begin(bears * 0.7, within, 0.0), 60, within)

    database.bears_per_s = bears / times_slower
    _, found, _ = flown(database, pilot, 10, within)
    pilot, _, _ = flown(database, pilot, 20, within)
    pilot, near, ages = flown(database, pilot, 40, within)
    database.bears_per_s = bears
    _, again, _ = flown(database, pilot, 40, within)

    slow = bears / times_slower
    assert min(found) <= slow
    assert 0.5 * slow <= sum(near) / len(near) <= 1.15 * slow
    assert max(near) <= 1.8 * slow
    assert max(ages) < 2.0
    assert max(again) >= 0.8 * bears


@pytest.mark.parametrize("trouble", ["postgres_away", "queue_away", "no_workers", "batches_failed"])
def test_in_trouble_it_gives_way_at_once_and_comes_back_step_by_step(trouble):
    pilot = RateController.begin(800, bounds, 0.0)

    pilot, reason = pilot.step(Signals(0.5, 20, 800, 0.0, trouble), bounds)
    least = pilot.rate_per_s
    rates = []
    for n in range(40):
        pilot, _ = pilot.step(well(pilot.rate_per_s, 1 + n * STEP_S), bounds)
        rates.append(pilot.rate_per_s)

    assert (least, reason) == (10, trouble)
    steps = pairwise(rates)
    assert all(after <= before * 1.5**STEP_S + 1e-9 for before, after in steps)
    assert rates[-1] >= 800


def test_a_rate_that_nobody_uses_does_not_rise():
    pilot = RateController.begin(100, bounds, 0.0)

    rested, idle = pilot.step(Signals(0.5, None, 0, 0.0), bounds)
    few, unused = rested.step(Signals(1.0, 20, 30, 0.0), bounds)

    assert (rested.rate_per_s, few.rate_per_s) == (100, 100)
    assert (idle, unused) == ("unused", "unused")


def test_a_step_down_is_felt_before_there_is_another():
    pilot = RateController.begin(100, bounds, 0.0)
    slow = [Signals(n * STEP_S, 300, 100, 0.0) for n in range(1, 4)]

    reasons = []
    for seen in slow:
        pilot, reason = pilot.step(seen, bounds)
        reasons.append(reason)

    assert reasons == ["slow", "draining", "draining"]
    assert pilot.rate_per_s == pytest.approx(80)


def test_as_long_as_more_is_fed_than_issued_there_is_another_step():
    pilot = RateController.begin(400, bounds, 0.0)

    reasons = []
    for n in range(1, 6):
        pilot, reason = pilot.step(Signals(n * STEP_S, 20, 50, n * 1.0), bounds)
        reasons.append(reason)

    assert reasons == ["queue", "draining", "queue", "draining", "draining"]
    assert pilot.rate_per_s < 50


def test_near_its_bound_it_goes_no_further_and_at_the_most_it_stays():
    near, why_near = RateController.begin(100, bounds, 0.0).step(
        Signals(0.5, 210, 100, 0.0), bounds
    )
    most, why_most = RateController.begin(5_000, bounds, 0.0).step(well(1_000, 0.5), bounds)

    assert (near.rate_per_s, why_near) == (100, "near")
    assert (most.rate_per_s, why_most) == (1_000, "most")


def test_only_the_last_seconds_count_and_of_many_workers_all():
    batches = [Batch(8.5, ms, 10) for ms in range(1, 101)] + [Batch(7.9, 5_000, 1_000)]

    p95_ms, issued_per_s = recent_latency(batches, 10.0)

    assert (p95_ms, issued_per_s) == (95, 500)
    assert recent_latency(batches, 20.0) == (None, 0.0)


def test_a_decision_says_what_was_seen():
    seen = Signals(3.0, 300.0, 90.0, 0.25)
    pilot, reason = RateController.begin(100, bounds, 0.0).step(seen, bounds)

    record = Decision.from_step(pilot, seen, reason).as_record()

    assert record["rate_per_s"] == pytest.approx(69.75)
    assert (record["at_s"], record["latency_p95_ms"], record["reason"]) == (3.0, 300.0, "slow")


def test_a_clock_that_is_set_back_delays_no_step_down():
    eased, _ = RateController.begin(100, bounds, 100.0).step(Signals(100.0, 900, 50, 1), bounds)
    ten_s_later = replace(eased, at_s=110.0)

    pilot, reason = ten_s_later.follow_clock(100.5).step(Signals(100.5, 900, 10, 1), bounds)

    assert reason == "slow"
    assert pilot.rate_per_s < eased.rate_per_s


def test_a_clock_that_was_not_set_back_changes_nothing():
    pilot = RateController.begin(100, bounds, 100.0)

    assert pilot.follow_clock(100.5) == pilot


def test_reports_of_before_the_clock_was_set_back_do_not_count():
    before = [Batch(109.0, 900.0, 50), Batch(100.25, 900.0, 50), Batch(99.5, 900.0, 50)]

    assert recent_latency([Batch(100.0, 20.0, 5), *before], 100.5) == (20.0, 2.5)
    assert recent_latency(before, 100.5) == (None, 0.0)
