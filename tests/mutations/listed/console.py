"""The console: what it asks about before members lose something, and what stays in sight."""

from tests.mutations.mutation import Mutation

_DANGERS, _BOARD = "application/dangers.py", "web/pages/admin/board.py"
_ASKED = "unit/test_dangers.py::test_a_change_of_a_room_is_asked_about_if_something_is_lost"
_IN_BOARD = "integration/test_pages_board.py::"
_IN_MINUTES = "integration/test_minute_recorder.py::"
_IN_SIGHT = "browser/test_board_in_sight.py::"


def _mutation(name: str, file: str, within: str, old: str, new: str, test: str) -> Mutation:
    return Mutation(
        name=name, promise=8, file=file, within=within, old=old, new=new, noticed_by=(test,)
    )


MUTATIONS = (
    _mutation(
        "a_rate_of_ten_times_the_present_one_is_not_asked_about",
        _DANGERS,
        "_raises_the_rate",
        "new_per_s <= RATE_TIMES_MAX * old_per_s",
        "new_per_s <= 10 * old_per_s",
        _ASKED,
    ),
    _mutation(
        "a_rate_that_empties_the_line_is_not_asked_about",
        _DANGERS,
        "_empties_the_line",
        "ahead.ends_in_s >= EMPTIES_WITHIN_S",
        "True",
        _ASKED,
    ),
    _mutation(
        "draining_is_not_asked_about",
        _DANGERS,
        "_drains",
        "change.new_room.state != DRAINING.word",
        "True",
        _ASKED,
    ),
    _mutation(
        "closing_is_not_asked_about",
        _DANGERS,
        "_closes",
        "change.new_room.state != CLOSED.word",
        "True",
        _ASKED,
    ),
    _mutation(
        "an_edit_that_ends_the_sale_is_not_asked_about",
        _DANGERS,
        "_ends_the_sale",
        "change.new_coupon.expire_date >= change.coupon.expire_date",
        "True",
        "unit/test_dangers.py::test_an_earlier_end_is_asked_about_if_members_lose_their_turn",
    ),
    _mutation(
        "fewer_coupons_are_not_asked_about",
        _DANGERS,
        "_shrinks_the_stock",
        "after >= before",
        "True",
        "unit/test_dangers.py::test_fewer_coupons_are_asked_about_once_the_sale_has_begun",
    ),
    _mutation(
        "the_board_makes_a_dangerous_change_unasked",
        _BOARD,
        "change_rate",
        "not confirmed",
        "False",
        f"{_IN_BOARD}test_a_dangerous_change_asks_and_then_does_what_it_said",
    ),
    _mutation(
        "the_form_of_a_coupon_saves_a_dangerous_change_unasked",
        "web/pages/admin/coupons.py",
        "_question",
        "await _has_sent(request, CONFIRMED)",
        "True",
        "integration/test_admin_questions.py::"
        "test_an_edit_that_takes_something_away_is_asked_about",
    ),
    _mutation(
        "the_command_line_makes_a_dangerous_change_unasked",
        "cli/changes/confirm.py",
        "confirm_change",
        "not dangers",
        "True",
        "integration/test_cli_questions.py::test_on_a_terminal_it_asks_and_does_as_it_is_told",
    ),
    _mutation(
        "pausing_opens_a_closed_room",
        _BOARD,
        "change_rate.alter",
        "version is None and room.state not in STATES_BEFORE[what]",
        "False",
        f"{_IN_BOARD}test_pausing_needs_no_version_and_ends_no_closed_room",
    ),
    _mutation(
        "the_rate_after_a_change_is_a_mean_with_seconds_before_it",
        "waitroom/stats/forecast.py",
        "measured_rate",
        "is_settling and figures.rate_in_force_per_s >= LAST_SECOND_FROM_PER_S",
        "False",
        "unit/test_forecast.py::test_just_after_a_change_the_last_whole_second_is_the_rate",
    ),
    _mutation(
        "the_rate_after_a_change_is_of_an_earlier_second",
        "waitroom/stats/room_stats.py",
        "RoomStats.from_reply",
        'meter.count_by_second("admitted")[-1]',
        'meter.count_by_second("admitted")[-2]',
        "unit/test_room_stats.py::"
        "test_from_the_second_whole_second_after_a_change_the_rate_is_the_new_one",
    ),
    _mutation(
        "the_board_does_not_know_that_its_rate_has_just_changed",
        "web/pages/admin/board_view.py",
        "BoardView.from_stats",
        "is_settling(change.at if change else None, now)",
        "is_settling(None, now)",
        f"{_IN_BOARD}test_just_after_a_change_the_board_shows_the_rate_of_the_last_whole_second",
    ),
    _mutation(
        "the_bar_of_the_board_scrolls_away",
        "web/static/board.css",
        "",
        "position: sticky; top: 0;",
        "position: static;",
        f"{_IN_SIGHT}test_pause_is_in_sight_at_every_scroll_position_and_pauses",
    ),
    _mutation(
        "pause_stays_pause_while_the_room_is_paused",
        "web/static/board.js",
        "",
        '(state === "paused") !== ("resume" in form.dataset)',
        "false",
        f"{_IN_SIGHT}test_pause_becomes_resume_when_a_colleague_pauses",
    ),
    _mutation(
        "minutes_are_kept_for_ever",
        "issuance/history/minutes.py",
        "KEEP",
        "timedelta(days=90)",
        "timedelta(days=90_000)",
        f"{_IN_MINUTES}test_minutes_are_kept_for_90_days",
    ),
    _mutation(
        "minutes_in_which_nothing_happened_are_stored",
        "issuance/history/minutes.py",
        "save_minutes",
        "not one.is_quiet",
        "True",
        f"{_IN_MINUTES}test_each_minute_is_stored_once_by_however_many_admitters",
    ),
    _mutation(
        "a_minute_begins_with_the_series",
        "application/history/minute_recorder.py",
        "whole_minutes",
        "-(-series.begins_at_s // MINUTE_S) * MINUTE_S",
        "series.begins_at_s",
        "unit/test_minutes.py::test_only_whole_minutes_are_summed_each_of_its_own_seconds",
    ),
    _mutation(
        "nobody_counts_how_many_wait",
        "waitroom/lua/admit.lua",
        "",
        "note_waiting(waiting)\n",
        "",
        f"{_IN_MINUTES}test_the_line_knows_how_many_waited_and_when_the_last_coupon_was_issued",
    ),
    _mutation(
        "coupon_set_changes_the_stock_only",
        "cli/changes/coupon_set.py",
        "set_coupon.alter",
        "description=description",
        "description=None",
        "integration/test_coupon_set.py::test_each_field_that_is_given_changes_and_no_other",
    ),
    _mutation(
        "requests_a_second_are_a_mean_over_a_long_rest",
        "web/office_status.py",
        "RATE_OVER_MAX_S",
        "10.0",
        "10_000.0",
        "unit/test_office_status.py::test_after_a_long_rest_the_mean_would_say_nothing_of_now",
    ),
    _mutation(
        "a_gap_is_drawn_as_if_it_were_known",
        "web/pages/admin/result_chart.py",
        "_stretches",
        "one.begins_at - parts[-1][-1].begins_at == MINUTE",
        "True",
        "unit/test_result_chart.py::test_a_gap_is_a_gap",
    ),
    _mutation(
        "the_result_counts_the_coupons_that_redis_reported",
        "web/pages/admin/result.py",
        "result_sentence",
        "number(issued.total)",
        "number(result.issued)",
        "unit/test_result_chart.py::"
        "test_the_sale_is_said_in_one_sentence_with_the_coupons_that_postgres_has",
    ),
    _mutation(
        "the_printed_result_has_the_charts_of_the_last_minutes",
        "web/static/board.css",
        "",
        ".reconcile, .last-minutes, .compare-with, .board-head a { display: none; }",
        ".compare-with, .board-head a { display: none; }",
        "browser/test_result.py::test_it_prints_to_one_a4_page",
    ),
)
