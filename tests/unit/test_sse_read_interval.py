"""The interval slows down where there is too much to do in it, and comes back."""

from web.sse.read_interval import (
    LATE_S,
    READ_INTERVAL_MAX_S,
    READ_INTERVAL_S,
    WORK_SHARE,
    ReadInterval,
)


def test_a_calm_interval_stays_as_it_is():
    interval = ReadInterval()

    interval.passed(worked_s=0.1, late_s=0.0)

    assert interval.lasts_s == READ_INTERVAL_S


def test_too_much_work_slows_it_down_to_a_bound_and_calm_brings_it_back():
    interval = ReadInterval()

    interval.passed(worked_s=0.95, late_s=0.0)
    slower = interval.lasts_s
    for _ in range(20):
        interval.passed(worked_s=9.0, late_s=0.0)
    slowest = interval.lasts_s
    for _ in range(20):
        interval.passed(worked_s=0.1, late_s=0.0)

    assert READ_INTERVAL_S < slower < slowest == READ_INTERVAL_MAX_S
    assert interval.lasts_s == READ_INTERVAL_S


def test_being_woken_late_slows_it_down_though_there_is_little_to_do():
    interval = ReadInterval()

    interval.passed(worked_s=0.0, late_s=LATE_S * 2)

    assert interval.lasts_s > READ_INTERVAL_S


def test_it_is_as_long_as_its_work_needs_and_does_not_swing():
    interval = ReadInterval()

    lengths = []
    for _ in range(30):
        interval.passed(worked_s=1.7, late_s=0.0)
        lengths.append(interval.lasts_s)

    assert set(lengths) == {1.7 / WORK_SHARE}
