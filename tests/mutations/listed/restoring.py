"""Promises 3, 5 and 8 after Redis lost a line: tickets restore it."""

from tests.mutations.mutation import Mutation

_IN_PLACES = "integration/test_recovery_places.py::"
_IN_KEPT = "integration/test_spent_tickets_kept.py::"
_IN = "integration/test_recovery.py::"
_OLD_ORDER = f"{_IN}test_a_line_that_lost_everything_is_admitted_in_its_old_order"
_WAITS = f"{_IN}test_nobody_is_let_through_before_the_others_had_time_to_come_back"
_HOLDS_ONE = (
    f"{_IN_PLACES}test_a_member_with_a_coupon_does_not_stand_at_the_head_until_they_are_told_again"
)
_IN_SPENT = "integration/test_spent_tickets.py::"
_LEFT = f"{_IN_SPENT}test_who_left_stays_out_whether_they_ask_before_or_after_it_is_given_back"
MUTATIONS = (
    Mutation(
        name="who_left_is_not_written_down",
        summary="members who left are not saved",
        promise=3,
        file="waitroom/lua/include/spent.lua",
        old="member, arrival)\n  redis.call('ZADD', keys.spent_unsaved, digits(now), member)",
        new="member, arrival)",
        noticed_by=(
            f"{_IN_SPENT}test_who_left_stays_out_after_redis_has_lost_everything",
            _LEFT,
            f"{_IN_KEPT}test_leaving_reaches_postgres_in_one_statement_for_all",
        ),
    ),
    Mutation(
        name="what_was_written_down_is_not_given_back",
        summary="saved spent tickets are not restored",
        promise=3,
        file="application/recover_line.py",
        within="recover_line",
        old="await _give_back_spent(line, engine, room)",
        new="pass",
        noticed_by=(
            f"{_IN_SPENT}test_who_left_stays_out_after_redis_has_lost_everything",
            f"{_IN_SPENT}test_who_left_twice_is_out_by_either_ticket",
        ),
    ),
    Mutation(
        name="who_came_back_in_vain_stays_in_line",
        summary="a member restored by a spent ticket stays in line",
        promise=3,
        file="waitroom/lua/add_spent.lua",
        old="call_with('ZREM', keys.waiting, dropped)",
        new="",
        noticed_by=(_LEFT,),
    ),
    Mutation(
        name="a_number_that_was_left_is_spent_for_good",
        summary="entering a lobby again does not revoke the spent ticket",
        promise=3,
        file="waitroom/lua/enter.lua",
        old="unspend(now, member, keys)",
        new="",
        noticed_by=(
            f"{_IN_SPENT}test_the_number_of_who_left_the_lobby_is_good_again_once_they_enter",
        ),
    ),
    Mutation(
        name="who_was_refused_has_another_turn_after_a_loss",
        summary="a refused member gets another turn after a loss",
        promise=3,
        file="waitroom/lua/report.lua",
        old="spend(now, member, digits(tonumber(arrival)), keys)",
        new="",
        noticed_by=(f"{_IN_SPENT}test_who_was_refused_has_had_their_turn_through_a_loss",),
    ),
    Mutation(
        name="who_came_back_too_late_keeps_their_old_ticket",
        summary="a member who returned too late keeps the old ticket",
        promise=3,
        file="waitroom/lua/include/presence.lua",
        old="spend(now, member, arrival, keys)",
        new="",
        noticed_by=(
            f"{_IN_SPENT}test_who_came_back_too_late_is_not_at_their_old_place_after_a_loss",
        ),
    ),
    Mutation(
        name="a_watermark_is_as_old_as_before_somebody_left",
        summary="leaving does not change the watermark",
        promise=8,
        file="waitroom/lua/watermark.lua",
        old=" or #unsaved > 0",
        new="",
        noticed_by=(
            f"{_IN_KEPT}test_a_redis_that_lost_the_second_in_which_somebody_left_learns_of_it",
        ),
    ),
    Mutation(
        name="nobody_notices_that_the_spent_tickets_were_lost",
        summary="the loss of spent tickets is not detected",
        promise=8,
        file="application/recover_line.py",
        within="recover_line",
        old="far.lost_at_us or far.are_spent_lost",
        new="far.lost_at_us",
        noticed_by=(f"{_IN_KEPT}test_a_redis_that_lost_nothing_but_who_left_gets_it_back",),
    ),
    Mutation(
        name="leaving_a_line_that_was_lost_does_nothing",
        promise=3,
        file="waitroom/lua/leave.lua",
        old="spend(now, member, digits(ticket), keys)",
        new="",
        noticed_by=(f"{_IN_SPENT}test_who_leaves_a_lost_line_does_not_come_back_by_their_ticket",),
    ),
    Mutation(
        name="each_who_left_is_a_statement_of_their_own",
        summary="each leaving takes a statement in Postgres",
        promise=6,
        file="application/recover_line.py",
        within="recover_line",
        old=("await asyncio.to_thread(save_spent_tickets, engine, room.id, far.unsaved)"),
        new=(
            "for one in far.unsaved:\n"
            "    await asyncio.to_thread(save_spent_tickets, engine, "
            "room.id, [one])"
        ),
        noticed_by=(f"{_IN_KEPT}test_leaving_reaches_postgres_in_one_statement_for_all",),
    ),
    Mutation(
        name="an_older_note_of_who_left_counts",
        summary="an older entry of a spent ticket overwrites a newer one",
        promise=3,
        file="issuance/spent_tickets.py",
        within="save_spent_tickets",
        old="where=_OF.noted_at_us < kept.excluded.noted_at_us",
        new="",
        noticed_by=(f"{_IN_KEPT}test_of_two_admitters_the_slower_does_not_put_back_who_left",),
    ),
    Mutation(
        name="tickets_bring_nobody_back",
        summary="tickets restore no place",
        promise=8,
        file="waitroom/lua/restore.lua",
        old="if not is_known(i) and not needs_number(i) then restore(i, member) end",
        new="",
        noticed_by=(_OLD_ORDER,),
    ),
    Mutation(
        name="who_comes_back_stands_as_they_come",
        summary="restored members stand in order of their return",
        promise=3,
        file="waitroom/lua/restore.lua",
        old="is_late and arrival <= front",
        new="arrival",
        noticed_by=(_OLD_ORDER,),
    ),
    Mutation(
        name="a_lost_line_waits_for_nobody",
        summary="a lost line admits at once",
        promise=3,
        file="waitroom/lua/admit.lua",
        old="or (restoring_until(room, now) > 0 and 'restoring')",
        new="",
        noticed_by=(_WAITS,),
    ),
    Mutation(
        name="the_time_to_come_back_passes_while_nobody_can",
        summary="the time to restore begins before members can return",
        promise=3,
        file="waitroom/lua/apply_settings.lua",
        old="'restoring_from', '0', 'restoring_until', '0'",
        new="'restoring_from', digits(now), 'restoring_until', digits(now + 30000000)",
        noticed_by=(f"{_IN}test_the_time_to_come_back_begins_when_somebody_can",),
    ),
    Mutation(
        name="who_is_slow_to_come_back_is_not_waited_for",
        summary="the time to restore is not extended",
        promise=3,
        file="waitroom/lua/restore.lua",
        old="  wait_for_more()",
        new="",
        noticed_by=(f"{_IN}test_while_places_come_back_the_line_waits_for_more_but_not_for_ever",),
    ),
    Mutation(
        name="nobody_notices_that_a_line_was_lost",
        summary="the loss of a line is not detected",
        promise=8,
        file="waitroom/lua/apply_settings.lua",
        old="if not is_of_failover then found_loss(now) end",
        new="",
        noticed_by=(
            _WAITS,
            f"{_IN}test_a_redis_that_came_back_older_than_it_was_is_seen_too",
        ),
    ),
    Mutation(
        name="a_spent_ticket_stands_at_the_head_again",
        summary="the owner of a spent ticket stands at the front again",
        promise=3,
        file="waitroom/lua/restore.lua",
        old="arrival <= spent_until or",
        new="",
        noticed_by=(_HOLDS_ONE,),
    ),
    Mutation(
        name="who_has_left_comes_back_by_their_ticket",
        summary="a left member's ticket restores the place",
        promise=3,
        file="waitroom/lua/leave.lua",
        old="spend(now, member, arrival, keys)",
        new="",
        noticed_by=(f"{_IN_PLACES}test_who_left_can_not_come_back_by_the_ticket_they_kept",),
    ),
    Mutation(
        name="a_loss_before_the_first_watermark_is_not_noticed",
        summary="a loss before the first watermark is not detected",
        promise=3,
        file="waitroom/lua/restore.lua",
        old="lost_at == 0",
        new="false",
        noticed_by=(
            f"{_IN}test_a_ticket_older_than_the_line_tells_of_a_loss_before_anything_was_written_down",
        ),
    ),
    Mutation(
        name="the_watermark_forgets_who_is_under_way",
        summary="the watermark ignores members in progress",
        promise=5,
        file="waitroom/lua/watermark.lua",
        old="math.min(least_under_way(), tonumber(first or math.huge))",
        new="tonumber(first or math.huge)",
        noticed_by=(
            f"{_IN_PLACES}test_who_was_let_through_and_waits_for_an_outcome_is_not_forgotten",
        ),
    ),
    Mutation(
        name="who_holds_one_is_not_told_again",
        summary="coupon holders are not reported again after a loss",
        promise=2,
        file="application/recover_line.py",
        within="recover_line",
        old="await store.report_again(code)",
        new="0",
        noticed_by=(f"{_IN}test_nobody_is_let_through_before_who_holds_one_was_told_again",),
    ),
    Mutation(
        name="newcomers_overtake_who_comes_back",
        summary="new members overtake restored ones",
        promise=3,
        file="waitroom/lua/apply_settings.lua",
        old="math.max(tonumber(v[2] or 0), tonumber(ARGV[5]))",
        new="tonumber(v[2] or 0)",
        noticed_by=(
            f"{_IN_PLACES}test_whoever_comes_after_a_loss_stands_behind_though_the_clock_went_back",
        ),
    ),
)
