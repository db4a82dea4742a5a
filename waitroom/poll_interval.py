"""Poll interval: how often a member gets their place, by distance and expected wait.

This one policy serves API clients (`ask_again_s` of the answer), pages (their fragment polls at the
same interval) and streams (the server reads the place every `stream_interval_s`).
See docs/waiting.md.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from waitroom.member_status import MemberStatus, RoomFacts

# The shortest interval of polls and streams.
INTERVAL_MIN_S = 1.0
# While the pace is unknown: one second more for each step of members ahead, up to a maximum.
UNKNOWN_PACE_AHEAD_PER_S = 50
UNKNOWN_PACE_MAX_S = 3.0
# A client that keeps to its interval polls three times before its member would be skipped.
POLLS_PER_GRACE = 3

# The interval is a fifth of the expected wait, in a short line at most POLL_SHORT_LINE_S. The
# maximum grows with the line up to POLL_LONG_LINE_S, so that about POLLS_PER_S polls arrive in all:
# for more frequent updates in a long line, change both. The spread is added on top.
POLL_WAIT_SHARE = 5
POLL_SHORT_LINE_S = 5.0
POLL_LONG_LINE_S = 20.0
POLLS_PER_S = 500.0
# Intervals vary by this part in both directions, and in a crowd so that about this many polls
# arrive per second.
POLL_SPREAD = 0.1
SPREAD_POLLS_PER_S = 5_000.0
# The crowd's spread does not apply to waits up to this.
SPREAD_WAIT_MIN_S = 10.0
# The interval in a lobby and while restoring, where nothing changes before a known time; it varies
# by CALM_SPREAD in both directions.
CALM_S = 20.0
CALM_SPREAD = 0.2
# The interval of a page while the line is unreachable.
UNREACHABLE_S = 3.0

# The server reads a stream's place after 1/120 of the expected wait, at most STREAM_MAX_S.
STREAM_WAIT_SHARE = 120
STREAM_MAX_S = 5.0


def poll_interval_s(status: MemberStatus) -> float:
    """Seconds until the member's next poll.

    At most POLL_LONG_LINE_S plus 10 % plus the crowd's spread, and a third of the room's `grace_s`.
    """
    if status.kind != "waiting":
        return INTERVAL_MIN_S
    facts = status.facts
    if facts.is_restoring:
        return _calm_interval_s(status, facts.restoring_until_us)
    if facts.is_lobby:
        return _calm_interval_s(status, facts.opens_at_us)
    terms = _room_terms(facts)
    interval_s = _spread_s(_news_in_s(status, terms), status, terms)
    most_s = terms.grace_share_s
    return interval_s if interval_s < most_s else most_s


def stream_interval_s(status: MemberStatus) -> float:
    """Seconds until the server reads a stream's place again.

    Shorter than a poll's interval, as it costs no request.
    """
    if status.kind != "waiting":
        return INTERVAL_MIN_S
    pace = status.facts.known_pace_per_s
    if pace is None:
        interval_s = _unknown_pace_interval_s(status.ahead)
    else:
        share_s = (status.ahead + 1) / pace / STREAM_WAIT_SHARE
        interval_s = min(max(share_s, INTERVAL_MIN_S), STREAM_MAX_S)
    return min(interval_s, _grace_share_s(status.facts))


class _RoomTerms(NamedTuple):
    """The terms of an interval that are the same for all members of a room, in seconds."""

    wait_each_s: float | None
    wait_share_max_s: float
    spread_s: float
    sold_out_in_s: float
    grace_share_s: float


# Members of one reply share their facts, so a small cache serves a whole crowd.
@lru_cache(maxsize=64)
def _room_terms(facts: RoomFacts) -> _RoomTerms:
    pace = facts.known_pace_per_s
    sold_out_in_s = facts.sold_out_in_s
    return _RoomTerms(
        wait_each_s=1 / pace if pace else None,
        wait_share_max_s=min(max(facts.waiting / POLLS_PER_S, POLL_SHORT_LINE_S), POLL_LONG_LINE_S),
        spread_s=facts.waiting / SPREAD_POLLS_PER_S,
        sold_out_in_s=math.inf if sold_out_in_s is None else sold_out_in_s,
        grace_share_s=_grace_share_s(facts),
    )


def _news_in_s(status: MemberStatus, terms: _RoomTerms) -> float:
    """Seconds until a change is likely: a fifth of the wait, or when the stock may run out.

    Where the wait is unknown, members at the head of the line poll most often.
    """
    if terms.wait_each_s is None:
        return _unknown_pace_interval_s(status.ahead)
    seconds = (status.ahead + 1) * terms.wait_each_s / POLL_WAIT_SHARE
    # Comparisons in place of `min` and `max`, which take three times as long.
    if seconds > terms.wait_share_max_s:
        seconds = terms.wait_share_max_s
    if seconds > terms.sold_out_in_s:
        seconds = terms.sold_out_in_s
    return seconds if seconds > INTERVAL_MIN_S else INTERVAL_MIN_S


def _spread_s(seconds: float, status: MemberStatus, terms: _RoomTerms) -> float:
    """Vary the interval by the arrival, so that a crowd does not poll in step."""
    part = status.arrival_us % 1_000 / 1_000
    each_s = terms.wait_each_s
    is_soon = each_s is not None and (status.ahead + 1) * each_s <= SPREAD_WAIT_MIN_S
    crowd_s = 0.0 if is_soon else terms.spread_s
    seconds = seconds * (1 - POLL_SPREAD + 2 * POLL_SPREAD * part) + crowd_s * part
    return int(seconds * 100 + 0.5) / 100  # `round` takes three times as long


def _calm_interval_s(status: MemberStatus, news_at_us: int) -> float:
    """Soon after `news_at_us`, spread over the crowd; before it every CALM_S, to show presence."""
    facts, part = status.facts, status.arrival_us % 1_000 / 1_000
    after_s = (news_at_us - facts.now_us) / 1_000_000
    after_s += part * (INTERVAL_MIN_S + facts.waiting / SPREAD_POLLS_PER_S)
    calm_s = CALM_S * (1 - CALM_SPREAD + 2 * CALM_SPREAD * part)
    return round(max(INTERVAL_MIN_S, min(after_s, calm_s, _grace_share_s(facts))), 2)


def _unknown_pace_interval_s(ahead: int) -> float:
    interval_s = INTERVAL_MIN_S + ahead / UNKNOWN_PACE_AHEAD_PER_S
    return interval_s if interval_s < UNKNOWN_PACE_MAX_S else UNKNOWN_PACE_MAX_S


def _grace_share_s(facts: RoomFacts) -> float:
    """The longest interval that keeps a member from being skipped."""
    share_s = facts.grace_us / 1_000_000 / POLLS_PER_GRACE
    return share_s if share_s > INTERVAL_MIN_S else INTERVAL_MIN_S
