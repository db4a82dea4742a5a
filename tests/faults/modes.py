"""Modes: what the plans of a run may contain."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from tests.faults.host_plan import KINDS, draw_hosts
from tests.faults.pair import draw_pair
from tests.faults.schedule import TARGETS, Kind, Plan, Target, draw, kinds_of
from tests.faults.skew import draw_skew

# pair: a replica takes over; replicas: and entering waits until it has a place; no losses: Redis
# never loses what it has written; skew: nothing but a clock is wrong; hosts: one of two hosts
# fails; hosts briefly: so in seconds, with few members.
Mode = Literal["usual", "no losses", "pair", "replicas", "skew", "hosts", "hosts briefly"]
OF_HOSTS: tuple[Mode, ...] = ("hosts", "hosts briefly")
OPTIONS: dict[str, tuple[Mode, str]] = {
    "--no-losses": ("no losses", "Redis never loses data"),
    "--pair": ("pair", "a replica of Redis takes over that lacks the last writes"),
    "--replicas": ("replicas", "as --pair, and entering waits for it (LINE_REPLICAS=1)"),
    "--skew": ("skew", "one kind of process, or Redis, has a wrong clock; needs libfaketime"),
    "--hosts": ("hosts", "one of two hosts is stopped, cut off or killed"),
    "--hosts-briefly": ("hosts briefly", "as --hosts, in seconds and with few members"),
}


def plan_of(seed: int, mode: Mode) -> Plan:
    if mode == "skew":
        return draw_skew(seed)
    if mode == "replicas":
        return replace(draw_pair(seed), line_replicas=1)
    if mode == "pair":
        return draw_pair(seed)
    if mode in OF_HOSTS:
        return draw_hosts(seed, briefly=mode == "hosts briefly")
    return draw(seed, losses=mode == "usual")


def targets_in(mode: Mode) -> tuple[Target, ...]:
    """The targets of faults."""
    return ("host",) if mode in OF_HOSTS else TARGETS


def kinds_in(target: Target, mode: Mode) -> tuple[Kind, ...]:
    """The kinds of faults of this target."""
    if mode in ("pair", "replicas") and target == "redis":
        return ("lose the primary",)
    if target == "host":
        return KINDS
    return kinds_of(target, losses=mode == "usual")
