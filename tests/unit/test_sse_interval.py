"""The beat slows down where there is too much to do in it, and comes back."""

from web.sse.interval import BEAT_MAX_S, BEAT_S, LATE_S, WORK_SHARE, Interval


def test_a_calm_beat_stays_as_it_is():
    beat = Interval()

    beat.passed(worked_s=0.1, late_s=0.0)

    assert beat.lasts_s == BEAT_S


def test_too_much_work_slows_it_down_to_a_bound_and_calm_brings_it_back():
    beat = Interval()

    beat.passed(worked_s=0.95, late_s=0.0)
    slower = beat.lasts_s
    for _ in range(20):
        beat.passed(worked_s=9.0, late_s=0.0)
    slowest = beat.lasts_s
    for _ in range(20):
        beat.passed(worked_s=0.1, late_s=0.0)

    assert BEAT_S < slower < slowest == BEAT_MAX_S
    assert beat.lasts_s == BEAT_S


def test_being_woken_late_slows_it_down_though_there_is_little_to_do():
    beat = Interval()

    beat.passed(worked_s=0.0, late_s=LATE_S * 2)

    assert beat.lasts_s > BEAT_S


def test_it_is_as_long_as_its_work_needs_and_does_not_swing():
    beat = Interval()

    lengths = []
    for _ in range(30):
        beat.passed(worked_s=1.7, late_s=0.0)
        lengths.append(beat.lasts_s)

    assert set(lengths) == {1.7 / WORK_SHARE}
