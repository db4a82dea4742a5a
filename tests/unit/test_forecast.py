"""The forecast of a line, and the rate that it goes by."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.board_template_cast import NOON, a_board, some_figures
from tests.unit.place_template_cast import EN
from waitroom.stats.forecast import forecast, forecast_at, is_settling, measured_rate

line = replace(some_figures(), rate_per_s=80.0, admitted_per_s=40.0, admitted_last_s=79)


def test_a_line_longer_than_the_stock_is_sold_out_first():
    ahead = forecast_at(replace(line, in_line=1_000, seats_in_use=12), 40.0)

    assert (ahead.is_sold_out, ahead.ends_in_s, ahead.last_wait_s) == (True, 10, 25)
    assert ahead.will_miss_out == 600


def test_a_shorter_one_is_admitted_to_its_last():
    ahead = forecast_at(replace(line, in_line=100), 40.0)

    assert (ahead.is_sold_out, ahead.ends_in_s, ahead.will_miss_out) == (False, 2.5, 0)


@pytest.mark.parametrize(
    "stopped",
    [{"state": "paused"}, {"in_line": 0}, {"admitted_per_s": 0.0}, {"state": "closed"}],
)
def test_a_line_that_does_not_move_has_no_forecast(stopped):
    assert forecast(replace(line, **stopped)) is None


def test_just_after_a_change_the_last_whole_second_is_the_rate():
    assert measured_rate(line, is_settling=True) == 79
    assert measured_rate(line, is_settling=False) == 40


def test_a_second_of_a_slow_room_is_too_short_to_measure():
    slow = replace(line, rate_per_s=0.5, admitted_per_s=0.4, admitted_last_s=0)

    assert measured_rate(slow, is_settling=True) == 0.4


@pytest.mark.parametrize(("ago_s", "settles"), [(0, True), (5.9, True), (6.1, False)])
def test_settings_settle_until_the_mean_is_of_them_alone(ago_s, settles):
    assert is_settling(NOON - timedelta(seconds=ago_s), NOON) is settles
    assert is_settling(None, NOON) is False


def test_the_board_shows_the_new_rate_within_its_first_whole_seconds():
    board = a_board(EN, line, rate_per_s=80.0)

    shown = {gauge.key: gauge for gauge in board.gauges}
    assert (shown["admitted_per_s"].value, shown["admitted_per_s"].beside) == ("79/s", "of 80/s")
    assert shown["ends_at"].label == "Sold out at"
    assert shown["ends_at"].at == NOON + timedelta(seconds=388 / 79)


def test_a_room_that_resumes_is_not_reported_as_stuck():
    """Its first second may be of nobody."""
    still = replace(line, admitted_per_s=0.0, admitted_last_s=0)

    assert "Nobody was admitted" not in a_board(EN, still, state="open").sentence
    assert "Nobody was admitted" in a_board(EN, still).sentence
