"""The beat slows down where there is too much to do in it, and comes back."""

from web.live.beat import BEAT_MAX_S, BEAT_S, LATE_S, Beat


def test_a_calm_beat_stays_as_it_is():
    beat = Beat()

    beat.passed(worked_s=0.1, late_s=0.0)

    assert beat.lasts_s == BEAT_S


def test_too_much_work_slows_it_down_to_a_bound_and_calm_brings_it_back():
    beat = Beat()

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
    beat = Beat()

    beat.passed(worked_s=0.0, late_s=LATE_S * 2)

    assert beat.lasts_s > BEAT_S


def test_it_does_not_swing_between_two_lengths():
    """What takes 0.6 s of any beat is too much for none of the lengths it comes back to."""
    beat = Beat()
    beat.passed(worked_s=0.95, late_s=0.0)

    lengths = []
    for _ in range(30):
        beat.passed(worked_s=0.6, late_s=0.0)
        lengths.append(beat.lasts_s)

    assert len(set(lengths[-10:])) == 1
