"""A window slides: what passed before it began counts until it is a window ago."""

import pytest

from waitroom.limits.rate_limiter import SlidingWindow, window_number

MOST = 100


def passing_at(counted: SlidingWindow, part: float) -> int:
    """How many may pass one after the other at this moment of the window."""
    passed = 0
    while counted.wait_part(part, MOST, passed) == 0:
        passed += 1
    return passed


@pytest.mark.parametrize(
    ("before", "current", "part", "free"),
    [
        (0, 0, 0.0, 100),
        (0, 100, 0.5, 0),
        (100, 0, 0.0, 0),  # a fixed window would give another hundred
        (100, 0, 0.25, 25),
        (100, 0, 0.999, 99),
        (50, 30, 0.5, 45),
    ],
)
def test_what_passed_before_fades_with_time(before, current, part, free):
    assert passing_at(SlidingWindow(7, before, current), part) == free


@pytest.mark.parametrize(("before", "current"), [(100, 0), (100, 40), (60, 100), (0, 100), (7, 99)])
@pytest.mark.parametrize("part", [0.0, 0.3, 0.9])
def test_the_wait_that_is_told_is_just_long_enough(before, current, part):
    wait = SlidingWindow(7, before, current).wait_part(part, MOST, 1)
    at = 7 + part + wait

    def is_free(at: float) -> bool:
        counted = SlidingWindow(7, before, current + 1)
        window, later = window_number(at, 1.0)
        counted.move_to(window)
        return counted.wait_part(later, MOST, 0) == 0

    assert is_free(at + 1e-6)
    assert wait == 0 or not is_free(at - 1e-3)


def test_after_two_windows_nothing_counts():
    counted = SlidingWindow(7, 100, 100)
    counted.move_to(9)

    assert passing_at(counted, 0.0) == MOST
