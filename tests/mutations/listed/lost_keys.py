"""Promises 3, 5 and 8 when Redis loses one key of a room."""

from tests.mutations.mutation import Mutation

_IN = "integration/test_lost_keys.py::"
_NOTICED = f"{_IN}test_the_loss_of_a_key_of_members_is_noticed"

_AFTER_RELEASE_BEFORE = (
    f"{_IN}test_a_lost_line_is_noticed_also_after_members_left_by_the_release_before"
)
MUTATIONS = (
    Mutation(
        name="a_lost_hash_is_not_noticed",
        promise=8,
        file="waitroom/lua/include/lost_keys.lua",
        old="if not room.keeps_fields then return end",
        new="if room then return end",
        noticed_by=(_NOTICED,),
    ),
    Mutation(
        name="a_lost_line_is_taken_for_an_empty_one",
        promise=3,
        file="waitroom/lua/include/lost_keys.lua",
        old="return size == 0 and room.line_end > 0 and room.front < room.line_end",
        new="return false",
        noticed_by=(_NOTICED,),
    ),
    Mutation(
        name="an_emptied_line_is_taken_for_lost",
        promise=8,
        file="waitroom/lua/include/line_end.lua",
        old="redis.call('HSET', keys.room, 'line_end', '0')",
        new="",
        noticed_by=(f"{_IN}test_a_line_that_its_members_emptied_is_not_taken_for_lost",),
    ),
    Mutation(
        name="a_line_emptied_by_the_release_before_is_taken_for_lost",
        promise=8,
        file="waitroom/lua/include/lost_keys.lua",
        old="if not has_left_unseen(keys) then await_return(room, now, keys, nil) end",
        new="await_return(room, now, keys, nil)",
        noticed_by=(
            f"{_IN}test_a_line_that_was_emptied_by_the_release_before_is_not_taken_for_lost[0]",
        ),
    ),
    Mutation(
        name="a_line_is_lost_unnoticed_once_members_left_by_the_release_before",
        promise=3,
        file="waitroom/lua/watermark.lua",
        old="if has_left_unseen(keys) then note_if_emptied(keys) end",
        new="",
        noticed_by=(_AFTER_RELEASE_BEFORE,),
    ),
    Mutation(
        name="a_line_is_lost_unnoticed_once_members_left",
        promise=3,
        file="waitroom/lua/leave.lua",
        old="redis.call('HINCRBY', keys.room, 'left_count', 1)",
        new="",
        noticed_by=(_AFTER_RELEASE_BEFORE,),
    ),
    Mutation(
        name="members_in_progress_are_lost_with_their_key",
        promise=5,
        file="waitroom/lua/admit.lua",
        old="if redis.call('EXISTS', keys.admitted) == 0 then restore_admitted() end",
        new="",
        noticed_by=(_NOTICED,),
    ),
    Mutation(
        name="members_are_skipped_as_it_is_lost_who_asked",
        promise=3,
        file="waitroom/lua/admit.lua",
        old="if are_records_lost then return -1 end",
        new="",
        noticed_by=(f"{_IN}test_members_are_not_taken_for_silent_when_it_is_lost_who_asked",),
    ),
    Mutation(
        name="an_outcome_hides_that_the_line_is_lost",
        promise=3,
        file="waitroom/lua/report.lua",
        old="if redis.call('EXISTS', keys.waiting) == 1 then",
        new="if true then",
        noticed_by=(
            f"{_IN}test_an_outcome_that_is_reported_first_does_not_hide_that_the_line_is_lost",
        ),
    ),
    Mutation(
        name="a_line_of_members_who_returned_is_lost_unnoticed",
        promise=3,
        file="waitroom/lua/restore.lua",
        old="  raise_line_end(room, arrival)\n",
        new="",
        noticed_by=(f"{_IN}test_a_line_of_members_who_returned_may_be_lost_once_more",),
    ),
    Mutation(
        name="a_lobby_that_draws_is_lost_unnoticed",
        promise=3,
        file="waitroom/lua/enter.lua",
        old="    raise_line_end(room, tonumber(number_of(i)))\n",
        new="",
        noticed_by=(f"{_IN}test_a_lobby_whose_line_is_lost_is_drawn_with_all_of_it",),
    ),
    Mutation(
        name="a_first_record_hides_that_all_others_are_lost",
        promise=3,
        file="waitroom/lua/place.lua",
        old="if #known.seen_now > 0 then note_lost_hashes(room, now, keys) end",
        new="",
        noticed_by=(f"{_IN}test_members_are_not_taken_for_silent_when_it_is_lost_who_asked",),
    ),
)
