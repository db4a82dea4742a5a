"""RemoteClock: another machine's clock, as this process last measured it.

A reading was taken somewhere between asking and being answered, so it tells within which bounds the
other clock is ahead of one that only goes forward here (as NTP does, RFC 5905). Bounds that a later
reading contradicts are given up at once: then that clock was set, or another machine answers.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from domain.unix_time import EPOCH

# Bounds are kept for so long where a later reading is less exact: by then clocks have drifted.
KEEP_S = 60.0
DRIFT_S = 0.005


class _Ahead(NamedTuple):
    """Of the other clock's seconds since 1970, less our monotonic ones."""

    least_s: float
    most_s: float
    measured_at_s: float

    @property
    def middle_s(self) -> float:
        return (self.least_s + self.most_s) / 2


class RemoteClock:
    """Tells the other machine's time; this host's own until it was measured.

    host, monotonic: seconds of this host's clock, and of one that only goes forward.
    """

    def __init__(
        self,
        *,
        host: Callable[[], float] = lambda: time.time(),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._host = host
        self.monotonic = monotonic
        self._ahead: _Ahead | None = None

    def observe(self, read_s: float, asked_at_s: float) -> None:
        """It said `read_s` (since 1970) between `asked_at_s` of `monotonic` and now."""
        now_s = self.monotonic()
        seen = _Ahead(read_s - now_s, read_s - asked_at_s, now_s)
        known = self._ahead
        if known is not None and _agree(known, seen) and now_s - known.measured_at_s < KEEP_S:
            is_better = seen.most_s - seen.least_s < known.most_s - known.least_s
            self._ahead = seen if is_better else known
        else:
            self._ahead = seen

    @property
    def is_measured(self) -> bool:
        return self._ahead is not None

    def now_s(self) -> float:
        """Seconds since 1970, by that clock."""
        ahead = self._ahead
        return self._host() if ahead is None else self.monotonic() + ahead.middle_s

    def now(self) -> datetime:
        """The same as a time in UTC."""
        return EPOCH + timedelta(seconds=self.now_s())

    def skew_s(self) -> float | None:
        """How far this host's clock is ahead of that one; None before it was measured."""
        ahead = self._ahead
        if ahead is None:
            return None
        return self._host() - self.monotonic() - ahead.middle_s

    def certain_skew_s(self) -> float:
        """The least that `skew_s` can be either way, however slowly the clock was read; 0 or more.

        A machine that is busy is no reason to call its clock wrong.
        """
        ahead = self._ahead
        if ahead is None:
            return 0.0
        skew_s = self._host() - self.monotonic() - ahead.middle_s
        return max(0.0, abs(skew_s) - (ahead.most_s - ahead.least_s) / 2)


def _agree(one: _Ahead, other: _Ahead) -> bool:
    return one.least_s <= other.most_s + DRIFT_S and other.least_s <= one.most_s + DRIFT_S
