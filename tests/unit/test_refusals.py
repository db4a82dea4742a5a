"""What is derived from each refusal, in the words of those who act on it."""

from domain.refusals import REFUSALS, Refusal, find_refusal, refusals_of
from load.crowd.observations import FINAL_REFUSALS, TRY_AGAIN
from tests.faults.members import FINAL as FINAL_FOR_A_MEMBER
from web.pages.member.place_view import CAN_RETRY


def test_a_crowd_goes_home_with_a_final_refusal_and_sends_again_what_was_refused_for_now():
    assert {"sold_out", "closed", "not_open_yet", "draining"} == FINAL_REFUSALS
    assert {"room_full", "unavailable", "too_many_requests"} == TRY_AGAIN


def test_in_the_fault_runs_only_the_end_of_a_coupon_is_a_final_word_at_the_door():
    final = {"issued", "sold_out", "closed", "refused: not_open_yet", "refused: draining"}

    assert final == FINAL_FOR_A_MEMBER


def test_a_page_offers_to_try_again_where_that_may_help():
    assert {
        "room_full", "too_many_requests", "challenge_required", "not_open_yet", "unavailable",
    } == CAN_RETRY  # fmt: skip


def test_each_call_is_documented_with_the_refusals_it_can_meet():
    assert refusals_of("issue") == ("not_open_yet", "closed", "sold_out")
    assert refusals_of("use") == ("already_used", "expired")
    assert set(refusals_of("enter")) - set(refusals_of("issue")) == {
        "draining", "room_full", "challenge_required",
    }  # fmt: skip


def test_a_slug_of_a_later_release_is_a_refusal_too():
    assert type(find_refusal("sold_out")) is REFUSALS["sold_out"]
    assert type(find_refusal("of_a_later_release")) is Refusal
