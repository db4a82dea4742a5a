"""The oldest job's age is right also after the queue's clock was set."""

import pytest

from application.autopilot_loop import QueueAge


def ages(*readings: tuple[float, float]) -> list[float]:
    """The ages that follow from these: (age by the queue's clock, monotonic time)."""
    age = QueueAge()
    return [age.follow(age_s, clock_s) for age_s, clock_s in readings]


def test_a_job_that_waits_ages_with_time():
    assert ages((8.0, 50.0), (8.5, 50.5), (9.5, 51.5)) == [8.0, 8.5, 9.5]


def test_a_clock_that_is_set_forward_makes_no_job_older():
    readings = ((0.25, 50.0), (10.5, 50.5), (10.75, 51.0), (10.25, 51.5))

    assert ages(*readings) == pytest.approx([0.25, 0.75, 1.0, 0.5])


def test_a_job_that_came_after_the_clock_was_set_has_its_own_age():
    readings = ((0.25, 50.0), (10.5, 50.5), (0.5, 51.0), (11.0, 61.5))

    assert ages(*readings) == pytest.approx([0.25, 0.75, 0.5, 11.0])


def test_a_queue_whose_time_is_read_late_is_believed():
    assert ages((0.25, 50.0), (1.5, 50.5)) == [0.25, 1.5]


def test_a_queue_that_empties_has_no_old_job():
    assert ages((9.0, 50.0), (0.0, 50.5), (0.25, 51.0)) == [9.0, 0.0, 0.25]
