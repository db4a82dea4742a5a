"""The tally and the meter: one reader of each, whoever shows what they hold."""

from waitroom.stats.latency_histogram import bucket_upper_s
from waitroom.stats.ring_counters import Meter
from waitroom.stats.tally import LatencyTotals, Tally
from waitroom.stats.time_series import TimeSeries, as_record

REPLY = {
    b"refused": b"3",
    b"refused:sold_out": b"2",
    b"refused:closed": b"1",
    b"waited": b"1500000",
    b"waited:4": b"2",
    b"waited_longest_us": b"2500000",
}


def test_the_tally_counts_in_all_and_by_reason():
    tally = Tally(REPLY)

    assert (tally.count("refused"), tally.count("issued")) == (3, 0)
    assert list(tally.count_by("refused").items()) == [("closed", 1), ("sold_out", 2)]
    assert tally.count_by("turned_away") == {}


def test_the_tally_knows_how_long_it_took():
    tally = Tally(REPLY)

    assert tally.latency("waited") == LatencyTotals({4: 2}, 1.5)
    assert tally.latency("enter_us") == LatencyTotals({}, 0.0)
    assert (tally.seconds("waited_longest_us"), tally.seconds("another_us")) == (2.5, None)


def test_the_meter_leaves_out_what_a_slot_kept_of_an_earlier_lap():
    meter = Meter({"refused": [b"8 5", b"7 9", None]}, now_s=11)

    assert meter.count_by_second("refused") == [5, 0, 0]
    assert meter.per_s("refused") == 5 / 3


def test_the_meter_tells_the_p99_of_each_second_and_of_all():
    meter = Meter({"enter_us": [b"8 4=9", None, b"10 8=1 4=1"]}, now_s=11)

    four, eight = (round(bucket_upper_s(step) * 1_000, 1) for step in (4, 8))
    assert meter.p99s_ms("enter_us") == [four, None, eight]
    assert meter.p99_ms("enter_us") == eight


def test_refused_means_after_admission_also_in_the_series():
    nothing: list[None] = [None] * 2
    counts = [0, 9], [0, 4], [0, 1], [2, 3], [5, 0], [0, 0]
    series = TimeSeries(1, *counts, nothing, nothing, nothing)

    record = as_record(series)

    assert (record["refused"], record["turned_away"]) == ([2, 3], [5, 0])
    assert record["refused_in_all"] == [7, 3]
