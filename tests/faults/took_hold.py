"""Took hold: checks that the planned skews, changes and openings really happened. No I/O."""

from __future__ import annotations

from tests.faults.admin_changes import TOO_LATE
from tests.faults.evidence import Evidence, Found
from tests.faults.openings import ChangeKind

# A busy host may interrupt a process between its readings of two clocks.
CLOCK_TOLERANCE_S = 0.03
LOST_BYTES_MIN = 500
BEFORE_OPENING = frozenset({"waiting", "not_open_yet"})
# The API refuses these once issuing has started; a fault may have delayed the change.
_MAY_BE_TOO_LATE: frozenset[ChangeKind] = frozenset({"put off", "bring forward", "end early"})


def clock_not_skewed(seen: Evidence) -> Found:
    """Each process' time differs from Redis' TIME by the planned offset."""
    for clock in seen.clocks:
        off_by_s = clock.off_by_s
        if off_by_s is None or not abs(off_by_s - clock.asked_s) <= CLOCK_TOLERANCE_S:
            yield clock.name, str(clock)


def nothing_lost(seen: Evidence) -> Found:
    """The replica that took over lacked writes of the crowd, not only the primary's pings."""
    if seen.lost_bytes is not None and seen.lost_bytes < LOST_BYTES_MIN:
        yield "failover", f"lost {seen.lost_bytes} bytes of writes"


def fault_without_effect(seen: Evidence) -> Found:
    """A fault of a host stopped its processes, or calls of the stores failed meanwhile."""
    for fault, count in seen.effects.items():
        if not count:
            yield fault, "no process was stopped, and no call failed"


def change_not_made(seen: Evidence) -> Found:
    """Each change was answered, and the last one of each field is in force at the end."""
    for one in seen.changes:
        too_late = one.problem == TOO_LATE and one.kind in _MAY_BE_TOO_LATE
        if not one.is_made and not too_late:
            yield one.kind, str(one)
    for name, (asked, is_now) in seen.in_force.items():
        if asked != is_now:
            yield name, f"should be {asked}, is {is_now}"


def opening_missed(seen: Evidence) -> Found:
    """A room that opens during the run is closed before, and draws if planned."""
    if not seen.opens_s:
        return
    first_s = min(opens_s for opens_s, _, _ in seen.openings)
    said = {one.said for member in seen.members for one in member.answers if one.at_s < first_s}
    # During an outage there may be no such answers at all.
    answers = {one for one in said if one != "unavailable" and not one.startswith("no answer")}
    if answers and not answers & BEFORE_OPENING:
        yield "opening", f"before {first_s:.1f} s members got {', '.join(sorted(answers))}"
    if seen.is_draw and seen.numbers is None:
        yield "draw", "there was none"
