"""Clock promises: no wrong clock refuses, admits, or changes the rate. No I/O.

Where nothing else fails (`--skew`), the time at which members asked judges the answers. Where Redis
is the skewed clock, it was set after the opening.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from tests.faults.evidence import Evidence, Found, Reported, Step

# The crowd's tokens and tickets are good.
BAD_CREDENTIALS = frozenset({"bad_token", "bad_ticket", "not_signed_in"})
# Postgres' clock and ours are the same host's; a settings change takes so long to apply.
LATE_S = 0.5
# Nothing in these runs gives the autopilot these reasons. (`postgres_away` and `queue_away` come
# from time-outs by monotonic clocks, which a busy host may cause.)
TROUBLES = frozenset({"batches_failed", "no_workers"})
# An admitter decides twice a second; a busy host may delay it.
DECIDES_WITHIN_S = 5.0
# Between a decision's measurement of the queue and ours.
AGE_MORE_S = 1.0
# The autopilot counts the outcomes of two seconds.
LOOK_BACK_S = 2.0


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
    age_max_s = seen.queue_age_max_s + AGE_MORE_S
    most_per_s = _most_reported(seen.reported) / LOOK_BACK_S
    for one in seen.decisions:
        if one.reason in TROUBLES:
            yield "reason", one.reason
        if one.queue_age_s > age_max_s:
            yield "queue_age_s", f"{one.queue_age_s:.1f}, and no job waited {age_max_s:.1f} s"
        if one.issued_per_s > most_per_s:
            how = f"{one.issued_per_s:.1f}, and at most {most_per_s:.1f} were reported"
            yield "issued_per_s", how
    yield from _stopped(seen.autopilot_steps)


def _most_reported(reported: Sequence[Reported]) -> int:
    """The most members in any LOOK_BACK_S, as far as the readings tell."""
    return max(
        (
            sum(
                one.members
                for one in reported
                if one.until_s > first.since_s and one.since_s <= first.until_s + LOOK_BACK_S
            )
            for first in reported
        ),
        default=0,
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
