"""Promises: checks the evidence of a run against each promise. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from domain.draw import NUMBERS
from tests.faults.acknowledged import acknowledged_place_lost
from tests.faults.clock_promises import (
    autopilot_misled,
    autopilot_not_seen,
    good_refused,
    issued_out_of_time,
    refused_for_the_time,
)
from tests.faults.evidence import Evidence, Found
from tests.faults.members import REFUSALS, Answer, Record
from tests.faults.order import decided_from_s, issued_to_gone, overtaken, too_early, turned_back
from tests.faults.took_hold import (
    change_not_made,
    clock_not_skewed,
    fault_without_effect,
    nothing_lost,
    opening_missed,
)

# The queue keeps jobs that failed while Postgres was down; their members were enqueued again.
EXPECTED_DIFFERENCES = frozenset({"job_failed"})
# More connections than the bound must last for so many samples, a quarter of a second apart:
# Postgres checks once a second whether a client is gone, and a busy host is slower.
SAMPLES_RUNNING = 8


@dataclass(frozen=True, slots=True)
class Broken:
    """A violated promise: the member or thing that it concerns, and how."""

    promise: str
    subject: str
    how: str


def judge(evidence: Evidence) -> list[Broken]:
    """The broken promises, once for each subject; empty if all were kept."""
    return [
        Broken(promise, subject, how)
        for promise, broken_in in PROMISES.items()
        for subject, how in broken_in(evidence)
    ]


def _over_issued(seen: Evidence) -> Found:
    if len(seen.rows) > seen.total_count:
        yield "rows", f"{len(seen.rows)} of {seen.total_count}"


def _twice(seen: Evidence) -> Found:
    rows = Counter(row.member_id for row in seen.rows)
    for member in seen.members:
        shown = {one.coupon_id for one in _all_of(seen, member) if one.coupon_id}
        if rows[member.member_id] > 1 or len(shown) > 1:
            yield member.member_id, f"{rows[member.member_id]} rows, {len(shown)} in answers"


def _told_without_row(seen: Evidence) -> Found:
    rows = {(row.id, row.member_id) for row in seen.rows}
    for member in seen.members:
        for one in _all_of(seen, member):
            if one.coupon_id and (one.coupon_id, member.member_id) not in rows:
                yield member.member_id, f"got {one.coupon_id} at {one.at_s:.1f} s"
                break


def _row_untold(seen: Evidence) -> Found:
    """Judged by the answers when members entered again."""
    for row in seen.rows:
        last = seen.once_more.get(row.member_id)
        if last is None or last.coupon_id != row.id:
            answer = last.said if last else "nothing"
            yield row.member_id, f"holds {row.id}, and the last answer was: {answer}"


def _moved(seen: Evidence) -> Found:
    """A member who shows a ticket has its place; and no member has two arrivals, unless Redis lost
    the first while a request without a ticket was under way.
    """
    for member in seen.members:
        given = [one for one in member.answers if one.arrival_us]
        arrivals = {one.arrival_us for one in given if one.arrival_us > 0}
        # Of a double click, one request came before the loss and one after; neither had a ticket.
        entered_anew = {one.arrival_us for one in given if seen.forgets and not one.shown_us}
        moved = [
            one
            for one in given
            if one.shown_us
            and one.arrival_us not in entered_anew
            and _has_moved(one.shown_us, one.arrival_us)
        ]
        if moved or (len(arrivals) > 1 and not seen.forgets):
            yield member.member_id, f"arrived at {', '.join(map(str, sorted(arrivals)))}"


def _has_moved(shown_us: int, given_us: int) -> bool:
    """A mark (below 0) must become the number drawn, never an arrival behind the lobby."""
    return given_us >= NUMBERS if shown_us < 0 else given_us != shown_us


def _set_back(seen: Evidence) -> Found:
    """No member moves further back, unless others restored lost places."""
    if seen.forgets:
        return
    for member in seen.members:
        waiting = [one for one in member.answers if one.ahead is not None]
        for before, after in pairwise(sorted(waiting, key=lambda one: one.asked_s)):
            # Compare only requests that did not overlap (double clicks do).
            if after.asked_s >= before.at_s and (after.ahead or 0) > (before.ahead or 0):
                yield member.member_id, f"{before.ahead} ahead, then {after.ahead}"
                break


def _forgotten(seen: Evidence) -> Found:
    for member in seen.members:
        if member.final is None:
            last = str(member.answers[-1]) if member.answers else "no answers"
            yield member.member_id, last


def _took_back(seen: Evidence) -> Found:
    """A final answer does not change, unless an admin reopened the room or reduced the stock."""
    for member in seen.members:
        word, last = member.last_word, seen.once_more.get(member.member_id)
        if word is None or last is None or last.said == word.said:
            continue
        refused_anew = last.said in REFUSALS and any(one.is_made for one in seen.changes)
        decided_s = decided_from_s(seen, member, word)
        reopened = seen.reopened_s(word.said, decided_s) < float("inf")
        if word.said == "issued" or not (refused_anew or reopened):
            yield member.member_id, f"got {word.said}, then {last.said}"


def _left_over(seen: Evidence) -> Found:
    """No member is refused as sold out while a coupon is left that was in stock then.

    A worker may have refused them before they asked; the line decides as they ask.
    """
    more_s = max((one.over_s for one in seen.made("more stock")), default=float("-inf"))
    refused = 0
    for member in seen.members:
        word = member.last_word
        if word is not None and word.said == "sold_out":
            committed_s = seen.committed_s(member, word)
            refused += (word.asked_s if committed_s is None else committed_s) > more_s
    if refused and len(seen.rows) < seen.total_count:
        yield "rows", f"{len(seen.rows)} of {seen.total_count}, {refused} refused as sold out"


def _unclear(seen: Evidence) -> Found:
    """Every answer is documented, also while stores are down."""
    said = Counter(one.said for member in seen.members for one in member.answers)
    for words, count in said.items():
        if words.startswith("unclear"):
            yield f"{count} answers", words


def _above_bound(seen: Evidence) -> Found:
    """More connections than the bound for SAMPLES_RUNNING samples; Postgres drops those of killed
    processes soon.
    """
    last = len(seen.connections) - SAMPLES_RUNNING
    runs = {at: min(seen.connections[at : at + SAMPLES_RUNNING]) for at in range(last + 1)}
    at = max(runs, key=runs.__getitem__, default=None)
    if at is not None and runs[at] > seen.connections_bound:
        listed = seen.crowded.get(at + SAMPLES_RUNNING - 1, ())
        how = f"{runs[at]}, bound {seen.connections_bound}"
        yield "connections", "\n      ".join([how, *listed])


def _used_count_off(seen: Evidence) -> Found:
    if seen.used_count != len(seen.rows):
        yield "used_count", f"{seen.used_count}, rows {len(seen.rows)}"


def _differs(seen: Evidence) -> Found:
    """`waitroom reconcile` finds nothing but failed jobs, and leaves nothing."""
    for kind, subjects in seen.found.items():
        if kind not in EXPECTED_DIFFERENCES:
            yield kind, f"found {len(subjects)}: {', '.join(subjects[:3])}"
    for kind, subjects in seen.left.items():
        yield kind, f"left {len(subjects)}: {', '.join(subjects[:3])}"


def _fell_over(seen: Evidence) -> Found:
    for what in seen.fell_over:
        yield what, "ended by itself"


PROMISES: dict[str, Callable[[Evidence], Found]] = {
    "over-issued": _over_issued,
    "two coupons": _twice,
    "outcome without a row": _told_without_row,
    "row without an outcome": _row_untold,
    "overtaken": overtaken,
    "turned back": turned_back,
    "too early": too_early,
    "issued to the gone": issued_to_gone,
    "moved": _moved,
    "set back": _set_back,
    "forgotten": _forgotten,
    "took back": _took_back,
    "left over": _left_over,
    "unclear": _unclear,
    "above the bound": _above_bound,
    "used_count off": _used_count_off,
    "differs": _differs,
    "fell over": _fell_over,
    "good credentials refused": good_refused,
    "refused for the time": refused_for_the_time,
    "issued out of time": issued_out_of_time,
    "autopilot misled": autopilot_misled,
    "autopilot not seen": autopilot_not_seen,
    "clock not skewed": clock_not_skewed,
    "nothing lost": nothing_lost,
    "acknowledged place lost": acknowledged_place_lost,
    "fault without effect": fault_without_effect,
    "change not made": change_not_made,
    "opening missed": opening_missed,
}


def _all_of(seen: Evidence, member: Record) -> list[Answer]:
    last = seen.once_more.get(member.member_id)
    return [*member.answers, *([last] if last else [])]
