"""Poll interval: how often a member gets their place, by distance and expected wait.

The only policy of it, for all three ways to follow a place: a program's poll (`ask_again_s` of the
answer), the page (its fragment asks again after the same), and a stream (the server reads the line
for it again after `stream_interval_s`). docs/waiting.md has it in words.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from waitroom.member_status import MemberStatus, RoomFacts

# Nobody polls, and no stream is read for, more often.
INTERVAL_MIN_S = 1.0
# While the pace is not known: a second for so many ahead, up to so long.
UNKNOWN_PACE_AHEAD_PER_S = 50
UNKNOWN_PACE_MAX_S = 3.0
# Who polls as told is heard from three times before they would be passed over.
POLLS_PER_GRACE = 3

# A poll waits for this part of the expected wait, in a short line for at most POLL_SHORT_LINE_S, as
# polls cost little there. A longer line has a longer maximum, so that POLLS_PER_S come in all, up
# to POLL_LONG_LINE_S: to tell a long line more often, change both. The spread comes on top.
POLL_WAIT_SHARE = 5
POLL_SHORT_LINE_S = 5.0
POLL_LONG_LINE_S = 20.0
POLLS_PER_S = 500.0
# Polls are spread by this part either way, and in a crowd so that about so many come in a second.
POLL_SPREAD = 0.1
SPREAD_POLLS_PER_S = 5_000.0
# Who has so short a wait is not kept longer by the spread of a crowd.
SPREAD_WAIT_MIN_S = 10.0
# In a lobby and in a line that is restoring nothing changes before a known moment: until then a
# poll comes after so long, spread by this part either way.
CALM_S = 20.0
CALM_SPREAD = 0.2
# A page whose line can't be reached.
UNREACHABLE_S = 3.0

# A stream is read for after this part of the expected wait; for who is far back, so long.
STREAM_WAIT_SHARE = 120
STREAM_MAX_S = 5.0


def poll_interval_s(status: MemberStatus) -> float:
    """After how many seconds the member is to ask again; a final state is not asked about.

    At most POLL_LONG_LINE_S, 10 % and the spread of the crowd; never more than a third of the
    room's `grace_s`.
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
    """For how many seconds what a stream was told is good enough.

    Unlike a poll it costs no request, so that streams are told more often.
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
    """What the intervals of all members of a room have in common. Seconds."""

    wait_each_s: float | None
    wait_share_max_s: float
    spread_s: float
    sold_out_in_s: float
    grace_share_s: float


# A crowd's requests take turns on the fast path: those of one reply share their facts.
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
    """When there will be news: a fifth of the wait on, or when the last coupon may be gone.

    Where the wait is not known, the head of the line is the first to learn that it moves.
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
    """Spread by the arrival, so that a crowd that came together does not poll together."""
    part = status.arrival_us % 1_000 / 1_000
    each_s = terms.wait_each_s
    is_soon = each_s is not None and (status.ahead + 1) * each_s <= SPREAD_WAIT_MIN_S
    crowd_s = 0.0 if is_soon else terms.spread_s
    seconds = seconds * (1 - POLL_SPREAD + 2 * POLL_SPREAD * part) + crowd_s * part
    return int(seconds * 100 + 0.5) / 100  # `round` takes three times as long


def _calm_interval_s(status: MemberStatus, news_at_us: int) -> float:
    """Right after `news_at_us`, spread over the crowd; until then now and then, to be heard."""
    facts, part = status.facts, status.arrival_us % 1_000 / 1_000
    after_s = (news_at_us - facts.now_us) / 1_000_000
    after_s += part * (INTERVAL_MIN_S + facts.waiting / SPREAD_POLLS_PER_S)
    calm_s = CALM_S * (1 - CALM_SPREAD + 2 * CALM_SPREAD * part)
    return round(max(INTERVAL_MIN_S, min(after_s, calm_s, _grace_share_s(facts))), 2)


def _unknown_pace_interval_s(ahead: int) -> float:
    interval_s = INTERVAL_MIN_S + ahead / UNKNOWN_PACE_AHEAD_PER_S
    return interval_s if interval_s < UNKNOWN_PACE_MAX_S else UNKNOWN_PACE_MAX_S


def _grace_share_s(facts: RoomFacts) -> float:
    """The longest that anybody is left unheard."""
    share_s = facts.grace_us / 1_000_000 / POLLS_PER_GRACE
    return share_s if share_s > INTERVAL_MIN_S else INTERVAL_MIN_S
