import pytest

from waitroom.redis_io.constants import METER_SLOTS
from waitroom.stats.forecast import measured_rate
from waitroom.stats.latency_histogram import bucket_index, bucket_upper_s, percentile_s
from waitroom.stats.ring_counters import meter_slots
from waitroom.stats.room_stats import METERED, RoomStats
from waitroom.stats.tally import Tally

NOW_S = 1_777_636_800
NOTHING = [None] * 10

room = {
    b"state": b"open",
    b"rate_per_s": b"12.5",
    b"burst": b"5",
    b"seats": b"20",
    b"size_max": b"1000",
    b"total_count": b"100",
    b"used_count": b"40",
    b"closes_at": b"%d" % ((NOW_S + 60) * 1_000_000),
}


def slots(*counts: int, end_s: int = NOW_S) -> list[bytes]:
    """What the meter holds for the seconds before `end_s`."""
    return [f"{end_s - len(counts) + n} {count}".encode() for n, count in enumerate(counts)]


def figures(**changes: object) -> RoomStats:
    values = {"room": room, "in_line": 7, "seats_in_use": 3, "away": 0, "tally": {}} | changes
    values["tally"] = Tally(values["tally"])
    meters = [values.pop(f"{name}_meter", NOTHING) for name in METERED]
    names = ("room", "in_line", "seats_in_use", "away", "tally", "steered_rate")
    return RoomStats.from_reply(*(values.get(name) for name in names), *meters, now_s=NOW_S)


def test_a_room_nobody_has_entered_has_only_noughts():
    read = figures(in_line=0, seats_in_use=0)

    assert (read.entered, read.admitted, read.issued, read.refused) == (0, 0, 0, 0)
    assert (read.admitted_per_s, read.issued_per_s) == (0.0, 0.0)
    assert (read.state, read.rate_per_s, read.remain_count) == ("open", 12.5, 60)


def test_counts_are_read_as_they_are():
    read = figures(tally={b"entered": b"9", b"left": b"2", b"turned_away": b"1"})

    assert (read.waiting, read.seats_in_use) == (7, 3)
    assert (read.entered, read.left, read.turned_away) == (9, 2, 1)


def test_the_rate_is_the_mean_of_the_last_ten_seconds():
    read = figures(admitted_meter=slots(*range(10)), issued_meter=slots(*[100] * 10))

    assert read.admitted_per_s == pytest.approx(4.5)
    assert read.issued_per_s == pytest.approx(100)


def test_from_the_second_whole_second_after_a_change_the_rate_is_the_new_one():
    """The change is in the last second but one, of which a part is at the old rate."""
    read = figures(admitted_meter=slots(30, 30, 30, 30, 30, 30, 30, 30, 55, 80))

    assert (read.admitted_last_s, read.admitted_per_s) == (80, 37.5)
    assert measured_rate(read, is_settling=True) == 80


def test_how_long_things_took_is_told_of_all_seconds_together():
    a_second = [b"%d 20=98" % (NOW_S - 2), b"%d 20=1 60=9" % (NOW_S - 1)]

    read = figures(enter_us_meter=[None] * 8 + a_second)

    assert read.enter_p99_ms == pytest.approx(bucket_upper_s(60) * 1_000, abs=0.1)
    assert read.issue_p99_ms is None


def test_seconds_in_which_nothing_happened_count_as_nought():
    read = figures(admitted_meter=[None] * 9 + slots(50))

    assert read.admitted_per_s == pytest.approx(5)


def test_what_a_slot_keeps_of_an_earlier_lap_is_not_counted():
    earlier = slots(*[1_000] * 10, end_s=NOW_S - METER_SLOTS)

    read = figures(admitted_meter=earlier[:5] + slots(*[10] * 5))

    assert read.admitted_per_s == pytest.approx(5)


def test_the_slots_asked_for_are_the_last_ten_whole_seconds_even_across_the_end_of_the_ring():
    lap = METER_SLOTS * 1_000

    asked = meter_slots("issued", lap + 3, 10)

    last = [f"issued:{METER_SLOTS - n}" for n in range(7, 0, -1)]
    assert asked == [*last, "issued:0", "issued:1", "issued:2"]


def test_more_issued_than_there_are_shows_as_none_left():
    assert figures(room=room | {b"used_count": b"101"}).remain_count == 0


@pytest.mark.parametrize(
    "over",
    [
        {b"state": b"closed"},
        {b"used_count": b"100"},
        {b"closes_at": b"%d" % (NOW_S * 1_000_000)},
    ],
)
def test_in_a_room_that_is_over_nobody_waits_and_all_in_line_were_told_no(over):
    read = figures(room=room | over, tally={b"refused": b"2", b"turned_away": b"3"})

    assert (read.is_over, read.waiting, read.in_line, read.refused_in_all) == (True, 0, 7, 12)


def test_in_a_room_that_goes_on_all_in_line_wait():
    read = figures(room=room | {b"state": b"paused"}, tally={b"refused": b"2"})

    assert (read.is_over, read.waiting, read.refused_in_all) == (False, 7, 2)


def test_on_autopilot_the_rate_in_force_is_the_steered_one_within_its_bounds():
    steered = room | {b"rate_mode": b"autopilot", b"rate_min_per_s": b"5", b"rate_max_per_s": b"50"}

    by_hand, begun = figures(steered_rate=b"30"), figures(room=steered)
    steering, beyond = (figures(room=steered, steered_rate=rate) for rate in (b"30", b"70"))

    assert (by_hand.steered_rate_per_s, by_hand.rate_in_force_per_s) == (None, 12.5)
    assert (begun.steered_rate_per_s, steering.steered_rate_per_s) == (12.5, 30)
    assert (beyond.steered_rate_per_s, beyond.rate_in_force_per_s) == (50, 50)


def test_the_record_says_what_the_figures_say():
    read = figures()

    record = read.as_record()

    old = {"under_way": read.seats_in_use, "told_no": read.refused_in_all}
    assert record.pop("phase") == read.phase.word
    assert {name: getattr(read, name) for name in record.keys() - old} | old == record
    assert read.visits is None
    assert {"in_line", "waiting", "refused_in_all", "remain_count", "issued_per_s"} <= record.keys()


@pytest.mark.parametrize("took_s", [0, 0.00005, 0.001, 0.0173, 1.0, 61.5, 86_400])
def test_a_step_holds_what_took_so_long_and_is_not_much_wider(took_s):
    upper = bucket_upper_s(bucket_index(took_s))

    assert took_s <= upper <= max(took_s * 1.19, 0.0001) + 1e-9


def test_a_percentile_is_what_so_many_took_at_most():
    steps = {10: 50, 20: 49, 30: 1}

    assert percentile_s(steps, 0.5) == bucket_upper_s(10)
    assert percentile_s(steps, 0.99) == bucket_upper_s(20)
    assert percentile_s(steps, 1) == bucket_upper_s(30)
    assert percentile_s({}, 0.5) is None


def test_the_record_of_a_room_that_leads_to_a_site_has_its_visits():
    tally = {b"claimed": b"9", b"missed": b"4", b"finished": b"2"}
    read = figures(room=room | {b"kind": b"site"}, tally=tally)

    record = read.as_record()

    assert {name: record[name] for name in ("called", "inside", "claimed", "missed")} == {
        "called": 3, "inside": 0, "claimed": 9, "missed": 4,
    }  # fmt: skip
    assert "claimed" not in figures().as_record()
