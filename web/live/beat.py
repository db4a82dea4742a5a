"""Beat: how often the line is read for all streams of a room; less often on a busy machine."""

from __future__ import annotations

BEAT_S = 1.0
# However busy: keep-alives and the line's knowing of whom it has heard depend on it.
BEAT_MAX_S = 4.0
# Of a beat, spent on reading and telling; and how late a sleeper is woken, on average: now and then
# that is long on a machine with something else to do.
BUSY_SHARE = 0.9
CALM_SHARE = 0.65
LATE_S = 0.1
SLOWER, FASTER = 1.5, 0.8


class Beat:
    """Grows at once when there is too much to do, and comes back in smaller steps."""

    __slots__ = ("lasts_s", "least_s")

    def __init__(self, least_s: float = BEAT_S) -> None:
        self.least_s = self.lasts_s = least_s

    def passed(self, *, worked_s: float, late_s: float) -> None:
        """One beat is over: what of it was work, and how late it was woken, on average."""
        share = worked_s / self.lasts_s
        if share > BUSY_SHARE or late_s > LATE_S:
            self.lasts_s = min(self.lasts_s * SLOWER, BEAT_MAX_S)
        elif share < CALM_SHARE:
            self.lasts_s = max(self.lasts_s * FASTER, self.least_s)
