import pytest

from cli.compare.axis import linear, logarithmic, written


@pytest.mark.parametrize(
    ("high", "ticks"),
    [
        (1_000, [0, 200, 400, 600, 800, 1_000]),
        (7, [0, 2, 4, 6, 8]),
        (1.3, [0, 0.5, 1, 1.5]),
        (0, [0, 0.2, 0.4, 0.6, 0.8, 1]),
    ],
)
def test_a_linear_axis_ends_at_a_round_number_that_holds_all(high, ticks):
    axis, found = linear(high, 0, 100)

    assert found == pytest.approx(ticks)
    assert axis.high >= high
    assert (axis.at(0), axis.at(axis.high)) == (0, 100)


def test_an_axis_may_run_upwards_on_a_screen():
    axis, _ = linear(10, 300, 0)

    assert (axis.at(0), axis.at(5), axis.at(10)) == (300, 150, 0)


def test_what_lies_beyond_the_end_is_drawn_at_the_end():
    axis, _ = linear(10, 0, 100)

    assert (axis.at(-5), axis.at(50)) == (0, 100)


def test_a_logarithmic_axis_has_every_power_of_ten_at_the_same_distance():
    axis, ticks = logarithmic(3, 870, 0, 300)

    assert ticks == [1, 10, 100, 1_000]
    assert [axis.at(tick) for tick in ticks] == [0, 100, 200, 300]


def test_a_logarithmic_axis_of_one_value_still_has_a_length():
    axis, ticks = logarithmic(10, 10, 0, 100)

    assert ticks == [10, 100]
    assert axis.at(10) == 0


def test_values_are_written_as_short_as_can_be():
    assert [written(v) for v in (0.0, 0.5, 20.0, 1_000.0)] == ["0", "0.5", "20", "1,000"]
