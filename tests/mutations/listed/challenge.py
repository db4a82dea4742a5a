"""SECURITY.md, of bots: a place in a room with a challenge costs a proof of work."""

from tests.mutations.mutation import Mutation

_IN_CHALLENGE = "integration/test_challenge.py::"
_IN_UNIT_CHALLENGE = "unit/test_challenge.py::"

MUTATIONS = (
    Mutation(
        name="a_place_costs_no_work",
        promise=7,
        file="waitroom/lua/enter.lua",
        old="room.asks_for_solution and not is_solved(i)",
        new="false",
        noticed_by=(
            f"{_IN_CHALLENGE}test_without_a_solution_there_is_no_place",
            f"{_IN_CHALLENGE}test_who_is_in_line_or_has_a_coupon_is_not_asked",
        ),
    ),
    Mutation(
        name="a_solution_is_good_twice",
        promise=7,
        file="waitroom/lua/enter.lua",
        old="until_s, name) == 0",
        new="until_s, name) == 2",
        noticed_by=(
            f"{_IN_CHALLENGE}test_a_solution_gives_a_place_and_is_used_up",
            f"{_IN_CHALLENGE}test_of_two_who_send_the_same_solution_at_once_one_gets_in",
        ),
    ),
    Mutation(
        name="a_solution_is_good_in_every_room",
        promise=7,
        file="waitroom/tokens/challenge.py",
        within="Challenges.verify",
        old='if asked.data != {"room": room}:\n    raise BadSolution',
        new="",
        noticed_by=(
            f"{_IN_UNIT_CHALLENGE}test_a_solution_is_for_its_room_alone",
            f"{_IN_CHALLENGE}test_a_solution_of_another_room_is_none",
        ),
    ),
    Mutation(
        name="a_solution_is_not_verified",
        promise=7,
        file="waitroom/tokens/challenge.py",
        within="Challenges._is_good",
        old="bool(found.verified)",
        new="True",
        noticed_by=(
            f"{_IN_UNIT_CHALLENGE}test_its_time_can_not_be_stretched",
            f"{_IN_UNIT_CHALLENGE}test_a_number_that_was_not_found_is_refused",
            f"{_IN_UNIT_CHALLENGE}test_secrets_can_be_rotated",
        ),
    ),
    Mutation(
        name="a_solution_is_good_for_days",
        promise=7,
        file="waitroom/tokens/challenge.py",
        within="Challenges.make",
        old="int(self._now()) + CHALLENGE_AGE_MAX_S",
        new="int(self._now()) + 1_000 * CHALLENGE_AGE_MAX_S",
        noticed_by=(f"{_IN_UNIT_CHALLENGE}test_a_solution_is_too_old_one_day",),
    ),
)
