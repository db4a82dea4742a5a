"""How often the line is read for all streams of a room; less often on a busy machine."""

from __future__ import annotations

BEAT_S = 1.0
# However busy: keep-alives and the line's knowing of whom it has heard depend on it.
BEAT_MAX_S = 4.0
# Of a beat, for reading and telling; the rest is for whoever asks meanwhile.
WORK_SHARE = 0.85
# How late a sleeper is woken, on average, where everybody else is served too late as well.
LATE_S = 0.1
SLOWER = 1.5


class Interval:
    """As long as the work of the last one would need, and longer where that was served late."""

    __slots__ = ("lasts_s", "least_s")

    def __init__(self, least_s: float = BEAT_S) -> None:
        self.least_s = self.lasts_s = least_s

    def passed(self, *, worked_s: float, late_s: float) -> None:
        """One beat is over: what of it was work, and how late it was woken, on average."""
        wanted_s = worked_s / WORK_SHARE
        if late_s > LATE_S:
            wanted_s = max(wanted_s, self.lasts_s * SLOWER)
        self.lasts_s = min(max(wanted_s, self.least_s), BEAT_MAX_S)
