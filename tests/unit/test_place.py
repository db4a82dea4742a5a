from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waitroom.member_status import MemberStatus, RoomFacts
from waitroom.place import (
    ASK_AGAIN_MAX_S,
    ASK_AGAIN_MIN_S,
    ASK_AGAIN_OFTEN_S,
    ASK_AGAIN_UNKNOWN_S,
    Place,
    rounded_up_s,
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


def test_the_first_in_line_has_nobody_ahead_and_place_one():
    place = Place.from_status(waiting(ahead=0))

    assert (place.ahead, place.place) == (0, 1)


def test_the_wait_is_the_people_up_to_me_at_the_measured_pace():
    place = Place.from_status(waiting(ahead=999, pace_per_s=50.0))

    assert place.eta_s == 20


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

    place = Place.from_status(standing)

    assert standing.facts.known_pace_per_s is None
    assert place.eta_s is None
    assert place.ask_again_s == pytest.approx(ASK_AGAIN_UNKNOWN_S, rel=0.2)


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
        told.append(Place.from_status(waiting(ahead, pace_per_s=pace)).eta_s)

    assert told == sorted(told, reverse=True)


def test_who_is_far_back_asks_less_often_than_who_is_near():
    near, middle, far = (
        Place.from_status(waiting(ahead, waiting=1_000_000)).ask_again_s
        for ahead in (10, 2_000, 900_000)
    )

    assert near == pytest.approx(ASK_AGAIN_MIN_S, rel=0.2)
    assert middle == pytest.approx(2_001 / 50 / 5, rel=0.2)
    assert far == pytest.approx(ASK_AGAIN_MAX_S, rel=0.2)


def test_in_a_short_line_everybody_hears_within_seconds_when_the_rate_is_turned():
    last = Place.from_status(waiting(ahead=2_000, pace_per_s=1.0, waiting=2_001))

    assert last.ask_again_s == pytest.approx(ASK_AGAIN_OFTEN_S, rel=0.2)


def test_who_is_far_back_asks_when_the_last_one_may_be_gone():
    place = Place.from_status(waiting(ahead=900_000, remain_count=150, pace_per_s=50.0))

    assert place.ask_again_s == pytest.approx(3.0, rel=0.2)


def test_a_crowd_that_came_together_does_not_ask_together():
    asked = [
        Place.from_status(
            waiting(90_000, NOON_US + late_us, pace_per_s=0.0, waiting=100_000)
        ).ask_again_s
        for late_us in range(1_000)
    ]

    assert len(set(asked)) > 900
    assert max(asked) - min(asked) > 100_000 / 5_000


def test_while_nobody_knows_the_wait_the_head_of_the_line_hears_first_that_it_moves():
    head, back = (
        Place.from_status(waiting(ahead, pace_per_s=0.0)).ask_again_s for ahead in (0, 900)
    )

    assert head == pytest.approx(ASK_AGAIN_MIN_S, rel=0.3)
    assert back == pytest.approx(ASK_AGAIN_UNKNOWN_S, rel=0.2)


@settings(max_examples=50, deadline=None)
@given(paces | st.just(0.0), counts, counts, counts, st.integers(0, 2**53))
def test_asking_again_is_neither_at_once_nor_never(pace, ahead, in_line, remain, arrival_us):
    standing = waiting(ahead, arrival_us, pace_per_s=pace, waiting=in_line, remain_count=remain)

    again_s = Place.from_status(standing).ask_again_s

    assert 0.9 * ASK_AGAIN_MIN_S <= again_s <= 1.1 * ASK_AGAIN_MAX_S + in_line / 5_000


def test_facts_are_read_from_a_scripts_reply():
    reply = [b"1777636800000000", b"open", b"1", b"2", -3, 7, b"12.5", b"1777636799000000"]
    reply += [b"draw", b"60000000", b"300000000", b"17", 1]

    read = RoomFacts.from_reply(reply)

    assert read == RoomFacts(
        NOON_US, "open", 1, 2, 0, 7, 12.5, NOON_US - SECOND_US, "draw", 60_000_000, 300_000_000, 17,
        is_drawn=True,
    )  # fmt: skip


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

    asks_s = Place.from_status(standing).ask_again_s

    assert ASK_AGAIN_MIN_S <= asks_s <= max(ASK_AGAIN_MIN_S, grace_s / 3) + 0.01
    assert asks_s >= min(opens_in_s, ASK_AGAIN_MAX_S * 0.8, grace_s / 3) - 0.01


def test_a_lobby_does_not_ask_all_in_one_moment_when_it_opens():
    crowd = [in_lobby(5, NOON_US + n, waiting=100_000) for n in range(1_000)]

    asks_s = sorted(Place.from_status(one).ask_again_s for one in crowd)

    assert asks_s[0] >= 5
    assert asks_s[-1] - asks_s[0] > 15
    assert len({round(one) for one in asks_s}) >= 15


def test_a_wait_is_not_told_before_the_opening():
    assert Place.from_status(in_lobby(60)).eta_s is None
