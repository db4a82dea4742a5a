"""Modes: what the plans of a run may contain."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from tests.faults.pair import draw_pair
from tests.faults.schedule import Kind, Plan, Target, draw, kinds_of
from tests.faults.skew import draw_skew

# pair: a replica takes over; replicas: and entering waits until it has a place; no losses: Redis
# never loses what it has written; skew: nothing but a clock is wrong.
Mode = Literal["usual", "no losses", "pair", "replicas", "skew"]


def plan_of(seed: int, mode: Mode) -> Plan:
    if mode == "skew":
        return draw_skew(seed)
    if mode == "replicas":
        return replace(draw_pair(seed), line_replicas=1)
    return draw_pair(seed) if mode == "pair" else draw(seed, losses=mode == "usual")


def kinds_in(target: Target, mode: Mode) -> tuple[Kind, ...]:
    """The kinds of faults of this target."""
    if mode in ("pair", "replicas") and target == "redis":
        return ("lose the primary",)
    return kinds_of(target, losses=mode == "usual")
