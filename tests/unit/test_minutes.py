"""Minutes are sums of the seconds that Redis counted; a gap stays a gap."""

from __future__ import annotations

from application.history.minute_recorder import whole_minutes
from domain.unix_time import from_us
from waitroom.stats.time_series import TimeSeries

NOON_S = 1_777_636_800


def series(begins_at_s: int, seconds: int, **columns: list) -> TimeSeries:
    nothing = {name: [0] * seconds for name in TimeSeries.__slots__ if name != "begins_at_s"}
    return TimeSeries(begins_at_s, **(nothing | {"waiting": [None] * seconds} | columns))


def test_only_whole_minutes_are_summed_each_of_its_own_seconds():
    """From 11:59:30 to 12:02:30."""
    found = list(whole_minutes(series(NOON_S - 30, 180, entered=list(range(180))), NOON_S + 120))

    assert [one.begins_at for one in found] == [from_us(s * 10**6) for s in (NOON_S, NOON_S + 60)]
    assert [one.counts["entered"] for one in found] == [sum(range(30, 90)), sum(range(90, 150))]


def test_a_minute_that_has_not_ended_is_left_for_later():
    assert list(whole_minutes(series(NOON_S, 90), NOON_S + 30)) == []


def test_of_how_many_wait_the_most_and_the_last_are_kept():
    waiting = [None] * 10 + [5, 9] + [None] * 40 + [7] + [None] * 7

    (minute,) = whole_minutes(series(NOON_S, 60, waiting=waiting), NOON_S + 60)

    assert (minute.waiting_max, minute.waiting) == (9, 7)


def test_where_no_admitter_ran_nobody_knows_how_many_waited():
    (minute,) = whole_minutes(series(NOON_S, 60, entered=[1] * 60), NOON_S + 60)

    assert (minute.waiting_max, minute.waiting, minute.counts["entered"]) == (None, None, 60)
    assert not minute.is_quiet
