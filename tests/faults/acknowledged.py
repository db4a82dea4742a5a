"""Acknowledged: checks that a failover lost only places that were counted as unacknowledged."""

from __future__ import annotations

import time
import urllib.request
from http.client import HTTPException

from redis import Redis

from tests.faults.evidence import Evidence, Found, TakenOver
from waitroom.redis_io.keys import ROOMS, Keys

METRIC = "waitroom_unacknowledged_places_total "
# A process of the web command may be killed just then.
READ_WITHIN_S = 10.0


def members_on(redis: Redis) -> set[str]:
    """The members whom the lines on this Redis know."""
    found: set[bytes] = set()
    for code in redis.smembers(ROOMS):
        keys = Keys(code.decode())
        found.update(redis.zrange(keys.waiting, 0, -1))
        for key in (keys.arrivals, keys.outcomes, keys.away):
            found.update(redis.hkeys(key))
    return {member.decode() for member in found}


def count_unacknowledged(base_url: str) -> int:
    """By the metrics of the web command there. Raises OSError after READ_WITHIN_S."""
    deadline = time.monotonic() + READ_WITHIN_S
    while True:
        try:
            with urllib.request.urlopen(f"{base_url}/metrics", timeout=READ_WITHIN_S) as answer:
                lines = answer.read().decode().splitlines()
            break
        except (OSError, HTTPException):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    [value] = [line.removeprefix(METRIC) for line in lines if line.startswith(METRIC)]
    return int(float(value))


def lost_places(seen: Evidence, taken_over: TakenOver) -> set[str]:
    """The members who had a place in an answer before, and whom the replica does not know."""
    had = {
        member.member_id
        for member in seen.members
        if any(one.arrival_us and one.at_s <= taken_over.at_s for one in member.answers)
    }
    return had - set(taken_over.survivors)


def describe_lost(seen: Evidence) -> str:
    """ "" unless entering waited for a replica."""
    if seen.taken_over is None:
        return ""
    lost = len(lost_places(seen, seen.taken_over))
    return f"lost {lost} places, {seen.taken_over.unacknowledged} unacknowledged"


def acknowledged_place_lost(seen: Evidence) -> Found:
    """No more places were lost than counted as unacknowledged."""
    failover = seen.taken_over
    if failover and len(lost_places(seen, failover)) > failover.unacknowledged:
        yield "failover", describe_lost(seen)
