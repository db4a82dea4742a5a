"""Promises 3, 5 and 8 when Redis has lost a line: it comes together again by its tickets."""

from tests.mutations.mutation import Mutation

_IN = "integration/test_restoring.py::"
_OLD_ORDER = f"{_IN}test_a_line_that_lost_everything_is_admitted_in_its_old_order"
_WAITS = f"{_IN}test_nobody_is_let_through_before_the_others_had_time_to_come_back"
_HAD_THEIR_TURN = f"{_IN}test_who_had_their_turn_does_not_stand_at_the_head_again"
MUTATIONS = (
    Mutation(
        name="tickets_bring_nobody_back",
        promise=8,
        file="waitroom/lua/restore.lua",
        old="  if not is_known(i) and not needs_number(i) then restore(i, member) end\n",
        new="",
        noticed_by=(_OLD_ORDER,),
    ),
    Mutation(
        name="who_comes_back_stands_as_they_come",
        promise=3,
        file="waitroom/lua/restore.lua",
        old="  if is_late and arrival <= front then\n",
        new="  if arrival then\n",
        noticed_by=(_OLD_ORDER,),
    ),
    Mutation(
        name="a_lost_line_waits_for_nobody",
        promise=3,
        file="waitroom/lua/admit.lua",
        old="  or (restoring_until(room, now) > 0 and 'restoring')\n",
        new="",
        noticed_by=(_WAITS,),
    ),
    Mutation(
        name="the_time_to_come_back_passes_while_nobody_can",
        promise=3,
        file="waitroom/lua/settle.lua",
        old="'restoring_from', '0', 'restoring_until', '0'",
        new="'restoring_from', digits(now), 'restoring_until', digits(now + 30000000)",
        noticed_by=(f"{_IN}test_the_time_to_come_back_begins_when_somebody_can",),
    ),
    Mutation(
        name="who_is_slow_to_come_back_is_not_waited_for",
        promise=3,
        file="waitroom/lua/restore.lua",
        old="  wait_for_more()\n",
        new="",
        noticed_by=(f"{_IN}test_while_places_come_back_the_line_waits_for_more_but_not_for_ever",),
    ),
    Mutation(
        name="nobody_notices_that_a_line_was_lost",
        promise=8,
        file="waitroom/lua/settle.lua",
        old="  found_loss(ARGV[3])\n",
        new="",
        noticed_by=(
            _WAITS,
            f"{_IN}test_a_redis_that_came_back_older_than_it_was_is_seen_too",
        ),
    ),
    Mutation(
        name="a_spent_ticket_stands_at_the_head_again",
        promise=3,
        file="waitroom/lua/restore.lua",
        old="arrival <= spent_until or ",
        new="",
        noticed_by=(_HAD_THEIR_TURN,),
    ),
    Mutation(
        name="who_has_left_comes_back_by_their_ticket",
        promise=3,
        file="waitroom/lua/leave.lua",
        old="redis.call('HSET', KEYS[6], member, arrival)\n",
        new="",
        noticed_by=(f"{_IN}test_who_left_can_not_come_back_by_the_ticket_they_kept",),
    ),
    Mutation(
        name="a_loss_before_the_first_watermark_is_not_noticed",
        promise=3,
        file="waitroom/lua/restore.lua",
        old="  return lost_at == 0 and arrival",
        new="  return false and arrival",
        noticed_by=(
            f"{_IN}test_a_ticket_older_than_the_line_tells_of_a_loss_before_anything_was_written_down",
        ),
    ),
    Mutation(
        name="the_watermark_forgets_who_is_under_way",
        promise=5,
        file="waitroom/lua/watermark.lua",
        old="math.min(least_under_way(), tonumber(first or math.huge))",
        new="tonumber(first or math.huge)",
        noticed_by=(f"{_IN}test_who_was_let_through_and_waits_for_an_outcome_is_not_forgotten",),
    ),
    Mutation(
        name="who_holds_one_is_not_told_again",
        promise=2,
        file="web/restoring.py",
        old="        told = await _retell(line, engine, code)\n",
        new="        told = 0\n",
        noticed_by=(f"{_IN}test_nobody_is_let_through_before_who_holds_one_was_told_again",),
    ),
    Mutation(
        name="newcomers_overtake_who_comes_back",
        promise=3,
        file="waitroom/lua/settle.lua",
        old="digits(math.max(last, tonumber(ARGV[5])))",
        new="digits(last)",
        noticed_by=(
            f"{_IN}test_whoever_comes_after_a_loss_stands_behind_though_the_clock_went_back",
        ),
    ),
)
