"""How many passed in the last window, told from two counts.

The sliding window counter, as Cloudflare has described it ("How we built rate limiting capable of
scaling to millions of domains", 2017): the window before counts by the part of it that is still
less than a window ago. Where requests come unevenly it errs a little; a log of each would not, and
would cost memory for each.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(slots=True)
class SlidingWindow:
    """What is known of somebody: `before` in the window before number `window`, `current` in it.

    refused_until: by our own clock (s); until then there is nothing to count.
    """

    window: int
    before: int
    current: int
    refused_until: float = 0.0

    def move_to(self, window: int) -> None:
        """It is window number `window` now."""
        if window == self.window + 1:
            self.before, self.current = self.current, 0
        elif window > self.window:
            self.before, self.current = 0, 0
        self.window = max(window, self.window)

    def wait_part(self, part: float, most: int, more: int) -> float:
        """How many windows until one more may pass, 0 where it may now.

        part: of this window that is over, 0 to 1. more: counted here and in `current` not yet.
        """
        current = self.current + more
        if self.before * (1 - part) + current + 1 <= most:
            return 0.0
        if current + 1 <= most:  # it is only for the window before to fade
            return max(0.0, 1 - (most - 1 - current) / self.before - part)
        return 1 - part + max(0.0, 1 - (most - 1) / current)


def window_number(at_s: float, window_s: float) -> tuple[int, float]:
    """Which window this time is in, and the part of it that is over."""
    whole = math.floor(at_s / window_s)
    return whole, at_s / window_s - whole
