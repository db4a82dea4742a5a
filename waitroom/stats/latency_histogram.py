"""Latency histogram: durations by steps of a quarter octave.

A step is 19 % wide, so a percentile is at most 19 % too long, and never too short. Histograms of
several processes can be added.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from waitroom.redis_io.constants import STEP_FIRST_US, STEP_MAX, STEPS_AN_OCTAVE


def bucket_index(took_s: float) -> int:
    """The step of this duration."""
    parts = took_s * 1_000_000 / STEP_FIRST_US
    if parts <= 1:
        return 0
    return min(STEP_MAX, math.ceil(STEPS_AN_OCTAVE * math.log2(parts)))


def bucket_upper_s(step: int) -> float:
    """The longest duration in this step."""
    return float(STEP_FIRST_US / 1_000_000 * 2 ** (step / STEPS_AN_OCTAVE))


def percentile_s(steps: Mapping[int, int], share: float) -> float | None:
    """The duration that this share (0 to 1) did not exceed; None for an empty histogram."""
    total = sum(steps.values())
    if total == 0:
        return None
    wanted, so_far = share * total, 0
    for step in sorted(steps):
        so_far += steps[step]
        if so_far >= wanted:
            return bucket_upper_s(step)
    return bucket_upper_s(max(steps))
