"""Fixtures of unit tests."""

import pytest


class Clock:
    """A clock that the test sets, in seconds."""

    s = 0.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def clock() -> Clock:
    return Clock()
