"""RemoteClock: another machine's clock, as this process last measured it.

The remote clock was read between our request and its reply, which bounds its offset from our
monotonic clock (as in NTP, RFC 5905). A reading that contradicts the bounds replaces them: the
remote clock was set, or another machine answers.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from domain.unix_time import EPOCH

# An exact reading is preferred to less exact ones for this long; then clocks have drifted.
KEEP_S = 60.0
DRIFT_S = 0.005


class _Offset(NamedTuple):
    """Bounds of the remote clock (seconds since 1970) minus our monotonic clock."""

    least_s: float
    most_s: float
    measured_at_s: float

    @property
    def middle_s(self) -> float:
        return (self.least_s + self.most_s) / 2


class RemoteClock:
    """The remote machine's time; this host's time until the first measurement.

    host, monotonic: read this host's clock and its monotonic clock, in seconds.
    """

    def __init__(
        self,
        *,
        host: Callable[[], float] = lambda: time.time(),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._host = host
        self.monotonic = monotonic
        self._offset: _Offset | None = None

    def observe(self, read_s: float, asked_at_s: float) -> None:
        """Record a reading: `read_s` (since 1970), requested at `asked_at_s` of `monotonic`."""
        now_s = self.monotonic()
        seen = _Offset(read_s - now_s, read_s - asked_at_s, now_s)
        known = self._offset
        if known is not None and _agree(known, seen) and now_s - known.measured_at_s < KEEP_S:
            is_better = seen.most_s - seen.least_s < known.most_s - known.least_s
            self._offset = seen if is_better else known
        else:
            self._offset = seen

    @property
    def is_measured(self) -> bool:
        return self._offset is not None

    def now_s(self) -> float:
        """Seconds since 1970 by the remote clock."""
        offset = self._offset
        return self._host() if offset is None else self.monotonic() + offset.middle_s

    def now(self) -> datetime:
        """The remote time as a datetime in UTC."""
        return EPOCH + timedelta(seconds=self.now_s())

    def skew_s(self) -> float | None:
        """How far this host's clock is ahead of the remote one; None before a measurement."""
        offset = self._offset
        if offset is None:
            return None
        return self._host() - self.monotonic() - offset.middle_s

    def certain_skew_s(self) -> float:
        """The least absolute skew that the measurement proves; 0 or more.

        A slow reply on a busy machine must not count as a wrong clock.
        """
        offset = self._offset
        if offset is None:
            return 0.0
        skew_s = self._host() - self.monotonic() - offset.middle_s
        return max(0.0, abs(skew_s) - (offset.most_s - offset.least_s) / 2)


def _agree(one: _Offset, other: _Offset) -> bool:
    return one.least_s <= other.most_s + DRIFT_S and other.least_s <= one.most_s + DRIFT_S
