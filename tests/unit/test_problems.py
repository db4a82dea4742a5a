"""Every kind of problem, and which exception becomes which."""

import pytest
from starlette.exceptions import HTTPException

from domain.refusals import REFUSALS, NotOpenYet, Refusal
from issuance.errors import CodeTaken, NoSuchCoupon, NoSuchIssuedCoupon, NotDirect, OfficeAway
from tests.unit.cast import noon
from waitroom.errors import LineAway, LineBusy, NoSuchRoom
from waitroom.tokens.ticket import (
    BadTicket,
    ExpiredTicket,
    ForgedTicket,
    OtherMembersTicket,
    OtherRoomsTicket,
)
from web.auth.member_tokens import BadToken, Forbidden, NotSignedIn
from web.exception_handlers import to_problem
from web.problems import KINDS, Problem, documented, sentence

# As the interface fixes them: clients tell problems apart by these.
STATUSES = {
    "not_signed_in": 401, "bad_token": 401, "forbidden": 403, "no_such_coupon": 404,
    "no_such_room": 404, "not_in_line": 404, "not_open_yet": 409, "already_used": 409,
    "already_started": 409, "closed": 410, "sold_out": 410, "expired": 410, "draining": 409,
    "room_full": 503, "too_many_requests": 429, "bad_request": 422, "unavailable": 503,
}  # fmt: skip


def every_refusal() -> list[type[Refusal]]:
    return Refusal.__subclasses__()


@pytest.mark.parametrize(("type_", "status"), STATUSES.items())
def test_each_problem_of_the_interface_has_its_status(type_, status):
    assert KINDS[type_].status == status


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_each_problem_has_a_title_and_a_sentence(kind):
    body = Problem(kind.type).body()

    assert list(body) == ["type", "title", "status", "detail"]
    assert body["title"][0].isupper()
    assert body["detail"].endswith(".")
    assert len(body["detail"].split()) >= 4


def test_what_is_needed_to_act_stands_beside_the_sentence():
    problem = Problem("unavailable", "Not now, sorry.", {"retry_after_s": 7})

    assert problem.body()["detail"] == "Not now, sorry."
    assert problem.body()["retry_after_s"] == 7
    assert problem.headers()["Retry-After"] == "7"


def test_nobody_keeps_a_problem_and_who_is_not_known_is_told_how_to_say_who_they_are():
    assert Problem("sold_out").headers() == {"Cache-Control": "no-store"}
    assert Problem("bad_token").headers()["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("error", "type_"),
    [
        (NotSignedIn(), "not_signed_in"),
        (BadToken("It is made of cheese."), "bad_token"),
        (Forbidden(), "forbidden"),
        (NoSuchCoupon(), "no_such_coupon"),
        (NoSuchRoom(), "no_such_room"),
        (NoSuchIssuedCoupon(), "no_such_issued_coupon"),
        (CodeTaken(), "code_taken"),
        (NotDirect(), "not_direct"),
        (LineAway(), "unavailable"),
        (LineBusy(), "unavailable"),
        (OfficeAway(), "unavailable"),
        (HTTPException(404), "not_found"),
        (HTTPException(405), "method_not_allowed"),
        (HTTPException(400), "bad_request"),
        (RuntimeError("with a secret in it"), "internal"),
        (Problem("room_full"), "room_full"),
    ],
    ids=repr,
)
def test_each_exception_becomes_its_problem(error, type_):
    problem = to_problem(error)

    assert problem.type == type_
    assert "secret" not in problem.body()["detail"]
    assert ("retry_after_s" in problem.more) == (type_ == "unavailable")


@pytest.mark.parametrize("kind", every_refusal())
def test_each_refusal_is_a_problem_in_its_own_words(kind):
    refusal = kind(noon) if kind is NotOpenYet else kind()

    body = to_problem(refusal).body()

    assert (body["type"], body["title"], body["detail"]) == (kind.slug, kind.title, kind.__doc__)


def test_who_comes_too_early_is_told_when_to_come_back():
    assert to_problem(NotOpenYet(noon)).body()["opens_at"] == "2026-05-01T12:00:00Z"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (ForgedTicket, "forged"),
        (ExpiredTicket, "expired"),
        (OtherRoomsTicket, "other_room"),
        (OtherMembersTicket, "other_member"),
    ],
)
def test_a_bad_ticket_says_why(kind, reason):
    body = to_problem(kind()).body()

    assert (body["type"], body["reason"], body["detail"]) == ("bad_ticket", reason, kind.__doc__)


def test_every_bad_ticket_is_covered_above():
    assert len(BadTicket.__subclasses__()) == 4
    assert {kind.slug for kind in every_refusal()} == set(REFUSALS)


def test_problems_of_one_status_are_documented_together():
    responses = documented("closed", "sold_out", "not_in_line")

    assert list(responses) == [410, 404, 429], "every route has limits"
    assert responses[410]["description"] == "Closed, or Sold out"
    examples = responses[410]["content"]["application/problem+json"]["examples"]
    assert examples["sold_out"]["value"].items() > Problem("sold_out").body().items()


def test_an_exception_without_a_message_speaks_by_its_docstring():
    assert sentence(CodeTaken()) == CodeTaken.__doc__
    assert sentence(BadToken("It is made of cheese.")) == "It is made of cheese."
