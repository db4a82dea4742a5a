"""Clock promises: no wrong clock refuses, admits, or changes the rate. No I/O.

Where nothing else fails (`--skew`), the time at which members asked judges the answers. Where Redis
is the skewed clock, it was set after the opening.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise

from tests.faults.evidence import Evidence, Found, Step
from tests.faults.members import Record

# The crowd's tokens and tickets are good.
BAD_CREDENTIALS = frozenset({"bad_token", "bad_ticket", "not_signed_in"})
# Postgres' clock and ours are the same host's; a settings change takes so long to apply.
LATE_S = 0.5
# Nothing in these runs gives the autopilot these reasons. (`postgres_away` and `queue_away` come
# from time-outs by monotonic clocks, which a busy host may cause.)
TROUBLES = frozenset({"batches_failed", "no_workers"})
# An admitter decides twice a second; a busy host may delay it.
DECIDES_WITHIN_S = 5.0
# Members ask at most so often, so a wait is known no better.
ASKED_EVERY_S = 2.5
# The autopilot counts the outcomes of two seconds.
LOOK_BACK_S = 2.0
ISSUED_FACTOR, ISSUED_MORE_PER_S = 1.5, 25.0


def good_refused(seen: Evidence) -> Found:
    """Nobody with a good token or ticket is refused for it."""
    for member in seen.members:
        for one in member.answers:
            if one.said in BAD_CREDENTIALS:
                yield member.member_id, f"{one.said} at {one.at_s:.1f} s"
                break


def refused_for_the_time(seen: Evidence) -> Found:
    """Nobody reads *not open yet* after the opening, nor *closed* before the end."""
    if seen.ends_s is None:
        return
    for member in seen.members:
        for one in member.answers:
            too_late = one.said == "not_open_yet" and one.asked_s > seen.opens_s + LATE_S
            too_early = one.said.endswith("closed") and one.at_s < seen.ends_s
            if too_late or too_early:
                yield member.member_id, f"{one.said} at {one.at_s:.1f} s"
                break


def issued_out_of_time(seen: Evidence) -> Found:
    """No coupon is committed before the opening, or to a member who was in line after the end."""
    if seen.ends_s is None:
        return
    records = {member.member_id: member for member in seen.members}
    for row in seen.rows:
        if row.committed_s < seen.opens_s:
            yield row.member_id, f"committed at {row.committed_s:.1f} s"
        record = records.get(row.member_id)
        if record and any(
            one.said == "waiting" and one.asked_s > seen.ends_s + LATE_S for one in record.answers
        ):
            yield row.member_id, "was in line after the end"


def autopilot_misled(seen: Evidence) -> Found:
    """The autopilot goes on, sees no trouble, and measures what happened."""
    longest_s = max(map(_wait_s, seen.members), default=0.0) + ASKED_EVERY_S
    most_per_s = _most_issued(sorted(row.committed_s for row in seen.rows)) / LOOK_BACK_S
    for one in seen.decisions:
        if one.reason in TROUBLES:
            yield "reason", one.reason
        if one.queue_age_s > longest_s:
            yield "queue_age_s", f"{one.queue_age_s:.1f}, and nobody waited {longest_s:.1f} s"
        if one.issued_per_s > ISSUED_FACTOR * most_per_s + ISSUED_MORE_PER_S:
            yield (
                "issued_per_s",
                f"{one.issued_per_s:.0f}, and at most {most_per_s:.0f} were issued",
            )
    yield from _stopped(seen.autopilot_steps)


def _wait_s(member: Record) -> float:
    """How long this member may have had a job in the queue, at most."""
    waiting = [one.at_s for one in member.answers if one.said == "waiting"]
    last = member.last_word
    return last.at_s - max(waiting) if last and waiting and last.at_s > max(waiting) else 0.0


def _most_issued(times_s: Sequence[float]) -> int:
    """In any LOOK_BACK_S."""
    return max(
        (bisect_left(times_s, at_s + LOOK_BACK_S) - i for i, at_s in enumerate(times_s)), default=0
    )


def _stopped(steps: Sequence[Step]) -> Iterator[tuple[str, str]]:
    last_s = None
    for before, after in pairwise(steps):
        if after.number != before.number or last_s is None:
            last_s = after.at_s
        elif after.at_s - last_s > DECIDES_WITHIN_S:
            yield "steps", f"none from {last_s:.1f} to {after.at_s:.1f} s"
            return


def autopilot_not_seen(seen: Evidence) -> Found:
    """There were decisions to judge."""
    if seen.ends_s is not None and not (seen.decisions and seen.autopilot_steps):
        yield "autopilot", f"{len(seen.decisions)} decisions, {len(seen.autopilot_steps)} readings"
