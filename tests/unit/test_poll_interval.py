"""How often a place is told: to who polls, on the page, and to who follows a stream."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waitroom.member_status import MemberStatus, RoomFacts, rounded_up_s
from waitroom.poll_interval import (
    CALM_S,
    CALM_SPREAD,
    INTERVAL_MIN_S,
    POLL_LONG_LINE_S,
    POLL_SHORT_LINE_S,
    POLL_SPREAD,
    POLLS_PER_S,
    SPREAD_POLLS_PER_S,
    STREAM_MAX_S,
    STREAM_WAIT_SHARE,
    UNKNOWN_PACE_MAX_S,
    poll_interval_s,
    stream_interval_s,
)

NOON_US = 1_777_636_800_000_000
SECOND_US = 1_000_000

facts = RoomFacts(
    now_us=NOON_US,
    state="open",
    opens_at_us=NOON_US - 3_600 * SECOND_US,
    closes_at_us=NOON_US + 3_600 * SECOND_US,
    remain_count=100_000,
    waiting=1_000,
    pace_per_s=50.0,
    pace_at_us=NOON_US,
)

seconds = st.floats(0, 1e7, allow_subnormal=False)
paces = st.floats(0.001, 100_000)
counts = st.integers(0, 10_000_000)


def waiting(ahead: int, arrival_us: int = NOON_US, **changes: object) -> MemberStatus:
    return MemberStatus("waiting", replace(facts, **changes), arrival_us=arrival_us, ahead=ahead)


def test_the_wait_is_the_people_up_to_me_at_the_measured_pace():
    assert waiting(ahead=999, pace_per_s=50.0).eta_s == 20


@pytest.mark.parametrize(
    "unknown",
    [
        {"pace_per_s": 0.0},
        {"pace_at_us": NOON_US - 5 * SECOND_US},
        {"state": "paused"},
    ],
)
def test_a_wait_that_nobody_can_know_is_not_told(unknown):
    standing = waiting(ahead=999, **unknown)

    assert standing.facts.known_pace_per_s is None
    assert standing.eta_s is None
    assert poll_interval_s(standing) == pytest.approx(UNKNOWN_PACE_MAX_S, rel=0.2)


def test_a_pace_is_believed_for_just_under_five_seconds():
    assert replace(facts, pace_at_us=NOON_US - 4_999_999).known_pace_per_s == 50.0
    assert replace(facts, pace_at_us=NOON_US - 5_000_000).known_pace_per_s is None


def test_a_slow_line_is_believed_until_two_people_are_overdue():
    slow = replace(facts, pace_per_s=0.1)

    assert replace(slow, pace_at_us=NOON_US - 19 * SECOND_US).known_pace_per_s == 0.1
    assert replace(slow, pace_at_us=NOON_US - 20 * SECOND_US).known_pace_per_s is None


@pytest.mark.parametrize(
    ("wait_s", "told_s"),
    [
        (0, 0),
        (0.1, 5),
        (5, 5),
        (5.1, 10),
        (60, 60),
        (61, 90),
        (600, 600),
        (601, 660),
        (3_599, 3600),
    ],
)
def test_a_wait_is_told_in_steps(wait_s, told_s):
    assert rounded_up_s(wait_s) == told_s


@settings(max_examples=50, deadline=None)
@given(seconds, seconds)
def test_a_wait_that_shortens_is_never_told_longer(one_s, other_s):
    shorter, longer = sorted((one_s, other_s))

    assert rounded_up_s(shorter) <= rounded_up_s(longer)
    assert shorter <= rounded_up_s(shorter)


@settings(max_examples=50, deadline=None)
@given(paces, st.lists(st.integers(0, 1_000), min_size=1, max_size=20), st.integers(0, 10_000))
def test_while_the_pace_stays_the_told_wait_never_rises(pace, steps, ahead):
    told = []
    for step in steps:
        ahead = max(0, ahead - step)
        told.append(waiting(ahead, pace_per_s=pace).eta_s)

    assert told == sorted(told, reverse=True)


def test_who_is_far_back_asks_less_often_than_who_is_near():
    near, middle, far = (
        poll_interval_s(waiting(ahead, waiting=1_000_000)) for ahead in (10, 2_000, 900_000)
    )

    assert near == pytest.approx(INTERVAL_MIN_S, rel=0.2)
    assert middle == pytest.approx(2_001 / 50 / 5, rel=0.2)
    assert far == pytest.approx(POLL_LONG_LINE_S, rel=0.2)


def test_in_a_short_line_everybody_hears_within_seconds_when_the_rate_is_turned():
    last = waiting(ahead=2_000, pace_per_s=1.0, waiting=2_001)

    assert poll_interval_s(last) == pytest.approx(POLL_SHORT_LINE_S, rel=0.2)


@pytest.mark.parametrize(
    ("in_line", "longest_s"),
    [(2_500, POLL_SHORT_LINE_S), (5_000, 10.0), (7_500, 15.0), (20_000, POLL_LONG_LINE_S)],
)
def test_the_longest_interval_grows_with_the_line_between_its_bounds(in_line, longest_s):
    last = waiting(in_line - 1, pace_per_s=1.0, waiting=in_line)

    assert poll_interval_s(last) == pytest.approx((1 - POLL_SPREAD) * longest_s)


def test_a_growing_line_sends_about_as_many_polls_a_second():
    lines = [5_000, 6_000, 9_000]

    polls_per_s = [
        in_line / poll_interval_s(waiting(in_line - 1, pace_per_s=1.0, waiting=in_line))
        for in_line in lines
    ]

    assert polls_per_s == [pytest.approx(POLLS_PER_S, rel=0.2)] * len(lines)


def test_who_is_far_back_asks_when_the_last_one_may_be_gone():
    far = waiting(ahead=900_000, remain_count=150, pace_per_s=50.0)

    assert poll_interval_s(far) == pytest.approx(3.0, rel=0.2)


def test_a_crowd_that_came_together_does_not_ask_together():
    asked = [
        poll_interval_s(waiting(90_000, NOON_US + late_us, pace_per_s=0.0, waiting=100_000))
        for late_us in range(1_000)
    ]

    assert len(set(asked)) > 900
    assert max(asked) - min(asked) > 100_000 / 5_000


def test_while_nobody_knows_the_wait_the_head_of_the_line_hears_first_that_it_moves():
    head, back = (poll_interval_s(waiting(ahead, pace_per_s=0.0)) for ahead in (0, 900))

    assert head == pytest.approx(INTERVAL_MIN_S, rel=0.3)
    assert back == pytest.approx(UNKNOWN_PACE_MAX_S, rel=0.2)


@settings(max_examples=50, deadline=None)
@given(paces | st.just(0.0), counts, counts, counts, st.integers(0, 2**53))
def test_asking_again_is_neither_at_once_nor_never(pace, ahead, in_line, remain, arrival_us):
    standing = waiting(ahead, arrival_us, pace_per_s=pace, waiting=in_line, remain_count=remain)

    again_s = poll_interval_s(standing)

    assert 0.9 * INTERVAL_MIN_S <= again_s <= 1.1 * POLL_LONG_LINE_S + in_line / SPREAD_POLLS_PER_S


def test_facts_are_read_from_a_scripts_reply():
    reply = [1777636800000000, b"open", 1, 2, -3, 7, b"12.5", b"1777636799000000"]
    reply += [b"draw", 60000000, 300000000, 17, 1]

    read = RoomFacts.from_reply(reply)

    assert vars(read) == vars(RoomFacts(
        NOON_US, "open", 1, 2, 0, 7, 12.5, NOON_US - SECOND_US, "draw", 60_000_000, 300_000_000, 17,
        is_drawn=True,
    ))  # fmt: skip


@pytest.mark.parametrize(
    ("reply", "standing", "in_line"),
    [
        ([b"waiting", b"17", 3], MemberStatus("waiting", facts, arrival_us=17, ahead=3), True),
        ([b"admitted", b"17"], MemberStatus("admitted", facts, arrival_us=17), True),
        ([b"outcome", b"0", b"i17 a b"], MemberStatus("issued", facts, 17, text="a b"), True),
        (
            [b"outcome", b"0", b"r17 closed"],
            MemberStatus("refused", facts, 17, text="closed"),
            True,
        ),
        ([b"sold_out", b"17"], MemberStatus("sold_out", facts, arrival_us=17), True),
        ([b"waiting", b"-17", 0], MemberStatus("waiting", facts, arrival_us=-17), True),
        ([b"sold_out"], MemberStatus("sold_out", facts), False),
        ([b"room_full"], MemberStatus("room_full", facts), False),
        ([b"absent"], MemberStatus("absent", facts), False),
    ],
)
def test_a_standing_is_read_from_a_scripts_reply(reply, standing, in_line):
    read = MemberStatus.from_reply(reply, facts)

    assert read == standing
    assert read.in_line is in_line


def in_lobby(opens_in_s: float, arrival_us: int = NOON_US, **changes: object) -> MemberStatus:
    opens_at_us = NOON_US + int(opens_in_s * SECOND_US)
    return waiting(40, arrival_us, opens_at_us=opens_at_us, **changes)


@given(st.floats(0.1, 86_400), counts, st.integers(NOON_US, NOON_US + 999), st.integers(2, 3_600))
def test_in_the_lobby_one_asks_after_the_opening_or_to_be_heard(opens_in_s, people, at_us, grace_s):
    standing = in_lobby(opens_in_s, at_us, waiting=people, grace_us=grace_s * SECOND_US)

    asks_s = poll_interval_s(standing)

    assert INTERVAL_MIN_S <= asks_s <= max(INTERVAL_MIN_S, grace_s / 3) + 0.01
    assert asks_s >= min(opens_in_s, CALM_S * (1 - CALM_SPREAD), grace_s / 3) - 0.01


def test_a_lobby_does_not_ask_all_in_one_moment_when_it_opens():
    crowd = [in_lobby(5, NOON_US + n, waiting=100_000) for n in range(1_000)]

    asks_s = sorted(poll_interval_s(one) for one in crowd)

    assert asks_s[0] >= 5
    assert asks_s[-1] - asks_s[0] > 15
    assert len({round(one) for one in asks_s}) >= 15


def test_a_wait_is_not_told_before_the_opening():
    assert in_lobby(60).eta_s is None


def test_a_stream_of_who_has_long_to_wait_is_told_less_often():
    gaps = [
        stream_interval_s(waiting(ahead, pace_per_s=100.0))
        for ahead in (0, 9_999, 24_999, 1_000_000)
    ]

    assert gaps == [INTERVAL_MIN_S, INTERVAL_MIN_S, 250 / STREAM_WAIT_SHARE, STREAM_MAX_S]


def test_where_the_pace_is_not_known_the_stream_of_the_head_is_told_first():
    gaps = [stream_interval_s(waiting(ahead, pace_per_s=0.0)) for ahead in (0, 50, 1_000_000)]

    assert gaps == [INTERVAL_MIN_S, INTERVAL_MIN_S + 1, UNKNOWN_PACE_MAX_S]


def test_who_is_let_through_is_told_soon_by_either_way():
    let_through = waiting(0, pace_per_s=0.001)._replace(kind="admitted")

    assert stream_interval_s(let_through) == poll_interval_s(let_through) == INTERVAL_MIN_S


def test_who_follows_a_stream_is_heard_within_a_third_of_a_short_grace():
    """Asked about less often, a member would be skipped although their page is open."""
    assert stream_interval_s(waiting(90_000, grace_us=6 * SECOND_US)) == 2.0
    assert stream_interval_s(waiting(90_000)) == STREAM_MAX_S


@settings(max_examples=50, deadline=None)
@given(paces | st.just(0.0), counts, counts, st.integers(3, 3_600))
def test_a_stream_is_told_at_least_as_often_as_a_poll_but_for_the_spread(
    pace, ahead, in_line, grace_s
):
    changes = {"waiting": in_line, "grace_us": grace_s * SECOND_US, "remain_count": 10**12}
    one = waiting(ahead, pace_per_s=pace, **changes)

    assert stream_interval_s(one) <= poll_interval_s(one) / (1 - POLL_SPREAD) + 0.01
