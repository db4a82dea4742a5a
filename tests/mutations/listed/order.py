"""Promise 3: nobody overtakes, and a member who returns has the same place."""

from tests.mutations.mutation import Mutation

_IN_LINE = "integration/test_line.py::"
_IN_LINE_ADMIT = "integration/test_line_admit.py::"
_IN_FINAL = "integration/test_final_word.py::"
_IN_OVERDUE = "integration/test_line_overdue.py::"
_IN_LOBBY = "integration/test_lobby.py::"
_IN_ORDER = f"{_IN_LINE}test_a_crowd_in_one_microsecond_has_arrivals_that_all_differ_in_its_order"
_HEAD_FIRST = (
    "integration/test_line_admit.py::test_the_head_of_the_line_is_let_through_in_its_order"
)
_IN_ONE_CALL = (
    "integration/test_passed_over.py::"
    "test_who_comes_back_too_late_and_who_is_new_stand_as_they_came_in_one_call"
)
_BACK_IN_TIME = "integration/test_passed_over.py::test_entering_again_brings_one_back_too"
_ASKS_AS_TOLD = (
    "integration/test_passed_over.py::test_asking_as_told_is_often_enough_to_keep_a_place"
)
_FOLLOWS = (
    "unit/test_poll_interval.py::test_who_follows_a_stream_is_heard_within_a_third_of_a_short_grace"
)

MUTATIONS = (
    Mutation(
        name="arrivals_are_told_by_the_millisecond",
        summary="arrivals have a resolution of milliseconds",
        promise=3,
        file="waitroom/lua/include/room.lua",
        old="max(now, room.last_arrival + 1)",
        new="floor(now / 1000) * 1000",
        noticed_by=(_IN_ORDER,),
    ),
    Mutation(
        name="arrivals_do_not_strictly_increase",
        promise=3,
        file="waitroom/lua/include/room.lua",
        old="math.max(now, room.last_arrival + 1)",
        new="now",
        noticed_by=(
            _IN_ORDER,
            "integration/test_line.py::test_a_clock_that_is_set_back_lets_nobody_overtake",
        ),
    ),
    Mutation(
        name="the_line_is_ordered_by_member_id",
        promise=3,
        file="waitroom/lua/enter.lua",
        old="fresh[#fresh + 1] = score",
        new="fresh[#fresh + 1] = '1700000000000000'",
        noticed_by=(_HEAD_FIRST,),
    ),
    Mutation(
        name="entering_again_takes_a_new_place",
        promise=3,
        file="waitroom/lua/enter.lua",
        old="standing[1] == 'absent' or standing[1] == 'untold'",
        new="standing[1] ~= 'outcome'",
        noticed_by=("integration/test_line.py::test_entering_twice_keeps_the_first_place",),
    ),
    Mutation(
        name="who_comes_back_is_ranked_before_who_just_entered",
        summary="members who return too late overtake those who enter in the same call",
        promise=3,
        file="waitroom/lua/enter.lua",
        old="write_places()\n  local standing",
        new="local standing",
        noticed_by=(_IN_ONE_CALL,),
    ),
    Mutation(
        name="two_clicks_in_one_call_take_two_places",
        promise=3,
        file="waitroom/lua/enter.lua",
        old="= places[member] or",
        new="=",
        noticed_by=(
            f"{_IN_LINE}test_entering_five_times_at_once_from_two_processes_gives_one_place",
        ),
    ),
    Mutation(
        name="the_end_of_the_line_is_let_through_first",
        summary="members are admitted from the end of the line",
        promise=3,
        file="waitroom/lua/admit.lua",
        old="'ZPOPMIN'",
        new="'ZPOPMAX'",
        noticed_by=(_HEAD_FIRST,),
    ),
    Mutation(
        name="more_are_let_through_than_remain",
        summary="more members are admitted than coupons remain",
        promise=3,
        file="waitroom/lua/admit.lua",
        old="at_most(room.remain - under_way, 'stock')",
        new="",
        noticed_by=(
            f"{_IN_LINE_ADMIT}test_no_more_are_let_through_than_remain_less_those_under_way",
        ),
    ),
    Mutation(
        name="those_under_way_are_not_counted_against_what_remains",
        summary="members in progress are not subtracted from the stock",
        promise=3,
        file="waitroom/lua/admit.lua",
        old="remain - under_way",
        new="remain",
        noticed_by=(
            f"{_IN_LINE_ADMIT}test_reports_out_of_order_and_twice_let_nobody_through_in_vain",
        ),
    ),
    Mutation(
        name="the_overdue_are_fed_by_member_id",
        summary="overdue members are enqueued by member id, not by arrival",
        promise=3,
        file="waitroom/lua/admit.lua",
        old="lease_us + #answer",
        new="lease_us",
        noticed_by=(
            f"{_IN_OVERDUE}test_a_part_of_those_who_are_overdue_since_one_moment_are_the_first_who_came",
        ),
    ),
    Mutation(
        name="the_overdue_are_fed_by_their_lease",
        summary="members who are enqueued again get coupons before members who came earlier",
        promise=3,
        file="waitroom/lua/claim_overdue.lua",
        old="if a.arrival ~= b.arrival then return a.arrival < b.arrival end",
        new="",
        noticed_by=(
            f"{_IN_OVERDUE}test_members_who_are_overdue_once_more_are_named_before_all_who_came_later",
            "integration/test_fed_again.py::test_of_members_who_are_enqueued_again_those_who_came_first_get_what_is_left",
        ),
    ),
    Mutation(
        name="a_repair_enqueues_in_the_order_of_the_differences",
        promise=3,
        file="application/reconcile.py",
        within="Reconciliation.repair_found",
        old="await self.line.audit.sort_admitted(self.code, again)",
        new="again",
        noticed_by=(
            "integration/test_reconcile_order.py::test_members_are_fed_again_in_order_of_arrival",
        ),
    ),
    Mutation(
        name="the_draw_ignores_its_seed",
        promise=3,
        file="waitroom/batcher.py",
        within="EnterBatch._all",
        old="draw_number(seed, member)",
        new="draw_number(bytes(32), member)",
        noticed_by=(
            "integration/test_lobby.py::test_leaving_the_lobby_and_coming_back_draws_nothing_better",
            f"{_IN_LOBBY}test_a_lobby_that_draws_stands_as_the_seed_says_and_latecomers_behind",
        ),
    ),
    Mutation(
        name="a_draw_can_be_written_down_again",
        summary="a draw can be recorded twice",
        promise=3,
        file="issuance/draws.py",
        within="save_draw",
        old="return offer",
        new='tx.exec_driver_sql("DELETE FROM draws")',
        noticed_by=(f"{_IN_LOBBY}test_what_was_drawn_is_written_down_once_and_can_be_checked",),
    ),
    Mutation(
        name="people_are_let_through_before_the_draw_is_written_down",
        summary="members are admitted before the draw is recorded",
        promise=3,
        file="waitroom/lua/admit.lua",
        old="or (room.opening == 'draw' and not room.is_drawn and 'undrawn')",
        new="",
        noticed_by=(
            f"{_IN_LOBBY}test_a_lobby_that_draws_stands_as_the_seed_says_and_latecomers_behind",
        ),
    ),
    Mutation(
        name="who_returns_in_time_stands_at_the_end",
        summary="a member who returns in time goes to the end",
        promise=3,
        file="waitroom/lua/include/presence.lua",
        old="if is_too_late(room, now, away) then",
        new="if away then",
        noticed_by=(_BACK_IN_TIME,),
    ),
    Mutation(
        name="who_is_passed_over_cannot_return",
        summary="a skipped member cannot return",
        promise=3,
        file="waitroom/lua/admit.lua",
        old="call_with('HSET', keys.away, away)",
        new="",
        noticed_by=(_BACK_IN_TIME,),
    ),
    Mutation(
        name="stock_that_is_added_goes_to_members_who_were_told_no",
        summary="added stock is issued to refused members who did not ask again",
        promise=3,
        file="waitroom/lua/include/member_status.lua",
        old="file_told(now, known.told_now, keys)",
        new="",
        noticed_by=(
            f"{_IN_FINAL}test_stock_added_after_a_sell_out_goes_to_nobody_who_was_told_no_and_has_gone",
            f"{_IN_FINAL}test_who_was_told_no_is_in_line_again_where_they_stood_once_they_ask",
        ),
    ),
    Mutation(
        name="a_final_word_costs_the_place_of_who_asks_again",
        summary="a refused member who asks again loses their place",
        promise=3,
        file="waitroom/lua/include/presence.lua",
        old="now - since > room.return_us",
        new="was_told(away) or now - since > room.return_us",
        noticed_by=(
            f"{_IN_FINAL}test_who_was_told_no_is_in_line_again_where_they_stood_once_they_ask",
        ),
    ),
    Mutation(
        name="a_lobby_that_was_closed_joins_the_drawn_without_a_record",
        summary="members of a closed lobby join a drawn line without a record",
        promise=3,
        file="waitroom/lua/include/presence.lua",
        old="schedule_time(room, now) >= room.opens_at",
        new="false",
        noticed_by=(
            f"{_IN_FINAL}test_a_number_of_the_lobby_that_was_told_closed_is_no_place_after_the_draw",
        ),
    ),
    Mutation(
        name="silence_counts_while_nobody_could_reach_us",
        summary="members are skipped after an outage",
        promise=3,
        file="waitroom/lua/include/presence.lua",
        old=(
            "any_seen_at and since and now - any_seen_at <= room.grace_us / 2 and now - since "
            ">= room.grace_us"
        ),
        new="true",
        noticed_by=(
            "integration/test_passed_over.py::test_nobody_is_passed_over_because_we_could_not_be_reached",
        ),
    ),
    Mutation(
        name="who_polls_as_told_is_passed_over",
        summary="a member who polls on time is skipped",
        promise=3,
        file="waitroom/poll_interval.py",
        within="poll_interval_s",
        old="interval_s if interval_s < most_s else most_s",
        new="interval_s",
        noticed_by=(
            "integration/test_passed_over.py::test_asking_as_told_is_often_enough_to_keep_a_place",
        ),
    ),
    Mutation(
        name="who_follows_a_stream_is_passed_over",
        summary="a member on a stream is skipped",
        promise=3,
        file="waitroom/poll_interval.py",
        within="stream_interval_s",
        old="min(interval_s, _grace_share_s(status.facts))",
        new="interval_s",
        noticed_by=(_FOLLOWS,),
    ),
    Mutation(
        name="reloading_a_ticket_page_takes_a_new_place",
        promise=3,
        file="web/fast_path/pages.py",
        within="FastPages._place",
        old="await parts.line.place(code, member.id)",
        new="[await parts.line.leave(code, member.id), await parts.line.enter(code, member.id)][1]",
        noticed_by=("integration/test_bench_measures.py::test_a_reload_storm_moves_nobody",),
    ),
    Mutation(
        name="a_stream_gives_the_ticket_of_the_place_before",
        summary="a stream sends the ticket of an earlier place",
        promise=3,
        file="web/sse/json_events.py",
        within="JsonEvents.sign",
        old="ticket.arrival_us == self.arrival_us and ticket.arrival_us >= NUMBERS",
        new="ticket.arrival_us >= NUMBERS",
        noticed_by=(
            "unit/test_fast_path_responses.py::test_a_stream_signs_anew_whoever_stands_elsewhere",
        ),
    ),
)
