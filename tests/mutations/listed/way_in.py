"""Promises 8 and 9: the wish to enter survives the sign-in, and nobody else uses it."""

from tests.mutations.mutation import Mutation

_IN_INTENT = "integration/test_enter_intent.py::"

MUTATIONS = (
    Mutation(
        name="a_preview_takes_a_place",
        promise=9,
        file="web/pages/member/arrival.py",
        within="arrived",
        old="not is_followed(request)",
        new="False",
        noticed_by=(
            f"{_IN_INTENT}test_what_only_looks_takes_no_place_and_uses_no_intent",
            f"{_IN_INTENT}test_head_takes_no_place_and_uses_no_intent",
        ),
    ),
    Mutation(
        name="an_intent_is_for_any_room",
        promise=9,
        file="web/pages/member/arrival.py",
        within="arrived",
        old="to not in _pages_of(intent.room)",
        new="False",
        noticed_by=(f"{_IN_INTENT}test_an_intent_is_for_one_room",),
    ),
    Mutation(
        name="an_intent_works_again",
        promise=9,
        file="waitroom/member_sessions.py",
        within="MemberSessions.use_once",
        old="self._redis.set(key, ours, nx=True, ex=kept_s)",
        new="self._redis.set(key, ours, ex=kept_s)",
        noticed_by=(f"{_IN_INTENT}test_an_intent_is_used_once",),
    ),
    Mutation(
        name="an_intent_is_good_for_ever",
        promise=9,
        file="web/auth/intents.py",
        within="EnterIntents.verify",
        old="age_max_s=AGE_MAX_S",
        new="age_max_s=1e9",
        noticed_by=(f"{_IN_INTENT}test_an_old_intent_is_none",),
    ),
    Mutation(
        name="the_wish_to_enter_is_forgotten",
        summary="the wish to enter does not survive the sign-in",
        promise=8,
        file="web/pages/member/room.py",
        within="enter_room",
        old="parts.intents.set_cookie(who, code, secure=parts.secure)",
        new="",
        noticed_by=(f"{_IN_INTENT}test_one_press_before_signing_in_is_one_place",),
    ),
)
