"""ReadInterval: how often a process reads the line for a room's streams; longer under load."""

from __future__ import annotations

READ_INTERVAL_S = 1.0
# The maximum under any load: keep-alives and members' presence depend on it.
READ_INTERVAL_MAX_S = 4.0
# The part of an interval for reading and sending; the rest is for requests.
WORK_SHARE = 0.85
# A mean delay of wake-ups above this shows that the event loop is overloaded.
LATE_S = 0.1
SLOWER = 1.5


class ReadInterval:
    """Adapts its length to the work of the last interval, and grows while wake-ups are late."""

    __slots__ = ("lasts_s", "least_s")

    def __init__(self, least_s: float = READ_INTERVAL_S) -> None:
        self.least_s = self.lasts_s = least_s

    def passed(self, *, worked_s: float, late_s: float) -> None:
        """Adapt after an interval: its time of work, and the mean delay of its wake-ups."""
        wanted_s = worked_s / WORK_SHARE
        if late_s > LATE_S:
            wanted_s = max(wanted_s, self.lasts_s * SLOWER)
        self.lasts_s = min(max(wanted_s, self.least_s), READ_INTERVAL_MAX_S)
