"""The oldest job's age grows no faster than time passes."""

import pytest

from application.autopilot_loop import QueueAge


def ages(*readings: tuple[float, float]) -> list[float]:
    """The ages that follow from these: (age by the queue's clock, monotonic time)."""
    age = QueueAge()
    return [age.follow(age_s, clock_s) for age_s, clock_s in readings]


def test_a_job_that_waits_ages_with_time():
    assert ages((8.0, 50.0), (8.5, 50.5), (9.5, 51.5)) == [8.0, 8.5, 9.5]


def test_a_clock_that_is_set_forward_makes_no_job_older():
    assert ages((0.25, 50.0), (10.5, 50.5), (10.75, 51.0)) == pytest.approx([0.25, 0.75, 1.25])


def test_a_queue_that_empties_has_no_old_job():
    assert ages((9.0, 50.0), (0.0, 50.5), (0.25, 51.0)) == [9.0, 0.0, 0.25]
