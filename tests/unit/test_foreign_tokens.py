"""Member tokens as the libraries of shops write them, each with its own habits."""

import pytest

from tests.unit.foreign_tokens import IN_MILLISECONDS, NOW, SECRET, TOKENS
from web.auth.member_tokens import BadToken, MemberTokens
from web.auth.token_claims import ClaimRules

AUDIENCE = "https://line.example.com"


def identity(now_s: float = NOW, **rules: object) -> MemberTokens:
    return MemberTokens([SECRET], "", rules=ClaimRules(**rules), now=lambda: now_s)


@pytest.mark.parametrize("library", TOKENS)
@pytest.mark.parametrize("ahead_s", [-7, -2, 0, 5])
def test_a_token_of_any_library_names_its_member_also_by_another_clock(library, ahead_s):
    member, token = TOKENS[library]

    assert identity(NOW + ahead_s).find_member(token) == member
    assert identity(NOW + ahead_s).verify(token).id == member


@pytest.mark.parametrize("library", TOKENS)
def test_a_token_of_any_library_ends(library):
    with pytest.raises(BadToken, match="expired"):
        identity(NOW + 3_600 + 10).find_member(TOKENS[library][1])


@pytest.mark.parametrize("library", [one for one in TOKENS if "aud" in one or "every" in one])
def test_an_audience_that_a_library_wrote_is_found(library):
    assert identity(audience=AUDIENCE).find_member(TOKENS[library][1]) == TOKENS[library][0]
    with pytest.raises(BadToken, match="aud is for another site"):
        identity(audience="https://elsewhere.example.com").find_member(TOKENS[library][1])


def test_an_exp_in_milliseconds_is_refused_with_the_unit():
    with pytest.raises(BadToken, match="not in milliseconds"):
        identity().find_member(IN_MILLISECONDS)
