"""Fixtures of unit tests."""

import pytest


class Clock:
    """Seconds, which pass as a test says."""

    s = 0.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def clock() -> Clock:
    return Clock()
