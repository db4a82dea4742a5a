"""Visits take seats until they end, and missed calls hold nobody up: promises 2, 3, 8 and 11."""

from tests.mutations.mutation import Mutation

_IN_VISITS = "integration/test_visits.py::"
_IN_MISSED = "integration/test_missed.py::"
_IN_WALK_IN = "integration/test_walk_in.py::"
_IN_LOST = "integration/test_visits_lost.py::"
_CAP = (
    "integration/test_visit_cap.py::test_never_more_than_the_seats_are_inside_whatever_visitors_do"
)
_SEATS = f"{_IN_VISITS}test_called_members_and_visits_take_seats_until_they_are_over"

MUTATIONS = (
    Mutation(
        name="living_visits_take_no_seats",
        summary="the admitter counts called members only, not living visits",
        promise=11,
        file="waitroom/lua/admit.lua",
        old="(room.is_site and count_living(now, keys) or 0)",
        new="0",
        noticed_by=(_SEATS, _CAP),
    ),
    Mutation(
        name="walk_ins_do_not_count_living_visits",
        promise=11,
        file="waitroom/lua/include/walk_in.lua",
        old="under_way - count_living(now, keys)",
        new="under_way",
        noticed_by=(
            f"{_IN_WALK_IN}test_visitors_walk_in_while_seats_are_free_and_the_next_one_waits",
        ),
    ),
    Mutation(
        name="a_walk_in_takes_no_token",
        promise=7,
        file="waitroom/lua/include/walk_in.lua",
        old="tokens - count",
        new="tokens",
        noticed_by=(f"{_IN_WALK_IN}test_walk_ins_take_tokens_of_the_rooms_rate",),
    ),
    Mutation(
        name="newcomers_walk_in_past_a_crowd",
        promise=3,
        file="waitroom/lua/enter.lua",
        old="walk_ins_left > 0 and (size == 0 or room.passthrough == 'on')",
        new="walk_ins_left > 0",
        noticed_by=(f"{_IN_WALK_IN}test_with_a_crowd_waiting_nobody_walks_in_past_it",),
    ),
    Mutation(
        name="a_visit_lives_until_somebody_notes_its_end",
        promise=11,
        file="waitroom/lua/include/visit.lua",
        old="visit.state == 'i' and visit.ends > now",
        new="visit.state == 'i'",
        noticed_by=(
            f"{_IN_VISITS}test_a_visit_is_over_when_its_time_is_up_without_anybody_doing_anything",
        ),
    ),
    Mutation(
        name="a_finished_visit_keeps_its_seat",
        promise=11,
        file="waitroom/lua/include/visits.lua",
        old="call_with('ZREM', keys.inside, ids)",
        new="",
        noticed_by=(_SEATS,),
    ),
    Mutation(
        name="a_second_claim_is_refused",
        summary="a member who claims twice is refused the second time",
        promise=2,
        file="waitroom/lua/claim_visit.lua",
        old="before and is_living(before, now)",
        new="false",
        noticed_by=(f"{_IN_VISITS}test_a_called_member_comes_in_and_claims_once",),
    ),
    Mutation(
        name="a_renewed_visit_has_no_end",
        summary="a visit can be renewed past the longest visit",
        promise=7,
        file="waitroom/lua/renew_visit.lua",
        old="math.min(now + room.session_us, visit.claimed + room.session_max_us)",
        new="now + room.session_us",
        noticed_by=(f"{_IN_VISITS}test_a_sliding_visit_is_renewed_up_to_the_longest_visit",),
    ),
    Mutation(
        name="a_missed_call_loses_the_place",
        summary="a member who did not come when called cannot return",
        promise=3,
        file="waitroom/lua/admit.lua",
        old="call_with('HSET', keys.away, missed)",
        new="",
        noticed_by=(f"{_IN_MISSED}test_half_of_the_front_does_not_come_and_nobody_is_held_up",),
    ),
    Mutation(
        name="a_missed_call_keeps_its_seat",
        promise=8,
        file="waitroom/lua/admit.lua",
        old="call_with('ZREM', keys.admitted, late)",
        new="",
        noticed_by=(f"{_IN_MISSED}test_half_of_the_front_does_not_come_and_nobody_is_held_up",),
    ),
    Mutation(
        name="an_open_page_is_called_again_and_again",
        summary="a poll brings a member back who missed the call",
        promise=8,
        file="waitroom/lua/include/member_status.lua",
        old="was_missed(away) and not known.is_entering",
        new="false",
        noticed_by=(
            f"{_IN_MISSED}test_a_page_that_is_open_and_not_looked_at_takes_no_seat_again_and_again",
        ),
    ),
    Mutation(
        name="lost_seats_of_visits_are_not_noticed",
        promise=11,
        file="waitroom/lua/include/visit_sweep.lua",
        old="have == 5 and not room.relinks_visits",
        new="not room.relinks_visits",
        noticed_by=(f"{_IN_LOST}test_a_lost_key_of_visits_is_made_again",),
    ),
    Mutation(
        name="a_failover_calls_members_before_visits_return",
        promise=11,
        file="waitroom/lua/include/failover.lua",
        old="if room.is_site then return nil end",
        new="",
        noticed_by=(
            f"{_IN_LOST}test_after_a_failover_nobody_is_called_before_passes_had_time_to_return",
        ),
    ),
    Mutation(
        name="a_pass_of_a_lost_visit_shows_no_loss",
        promise=11,
        file="waitroom/lua/restore_visit.lua",
        old="if lost_at < signed then await_return(room, now, keys, nil) end",
        new="",
        noticed_by=(f"{_IN_LOST}test_a_pass_of_a_lost_visit_shows_the_loss",),
    ),
    Mutation(
        name="an_old_pass_gives_a_second_visit",
        promise=2,
        file="waitroom/lua/restore_visit.lua",
        old="(other and is_living(other, now))",
        new="false",
        noticed_by=(f"{_IN_LOST}test_a_member_who_came_back_and_got_another_visit_has_one",),
    ),
    Mutation(
        name="a_page_of_visits_is_short_after_a_dropped_one",
        summary="a page of visits ends early where Redis has dropped a record, and readers stop",
        promise=8,
        file="waitroom/lua/list_visits.lua",
        old=" or redis.call('ZRANK', keys.claims, '')",
        new="",
        noticed_by=(f"{_IN_VISITS}test_visits_are_listed_by_page_in_the_order_of_their_claims",),
    ),
)
