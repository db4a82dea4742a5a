"""Each refusal of a member token names the claim, and says what to do."""

import pytest

from web.auth.token_claims import BadToken, ClaimRules

NOW = 1_800_000_000
GOOD = {"sub": "alice", "exp": NOW + 60}
REFUSED = {
    "no exp": ({"sub": "alice"}, ["exp", "Set it to its end"]),
    "exp a word": (GOOD | {"exp": "soon"}, ["exp", "seconds since 1970"]),
    "exp over": (GOOD | {"exp": NOW - 10}, ["exp", "follow the link again"]),
    "exp in milliseconds": (
        GOOD | {"exp": NOW * 1_000},
        ["exp", "10 years", "not in milliseconds"],
    ),
    "iat a list": (GOOD | {"iat": [NOW]}, ["iat", "seconds since 1970"]),
    "iat ahead": (GOOD | {"iat": NOW + 11}, ["iat", "clocks", "CLOCK_LEEWAY_S"]),
    "nbf null": (GOOD | {"nbf": None}, ["nbf", "seconds since 1970"]),
    "nbf ahead": (GOOD | {"nbf": NOW + 11}, ["nbf", "clocks", "CLOCK_LEEWAY_S"]),
    "jti a number": (GOOD | {"jti": 7}, ["jti", "Put it in quotes"]),
    "no aud": (GOOD, ["aud", "Set it to MEMBER_TOKEN_AUDIENCE"]),
    "aud a number": (GOOD | {"aud": 7}, ["aud", "a string or a list"]),
    "another aud": (GOOD | {"aud": "theirs"}, ["aud", "It must be MEMBER_TOKEN_AUDIENCE"]),
    "no sub": (GOOD | {"sub": None}, ["sub", "Set it to the member’s id"]),
    "sub true": (GOOD | {"sub": True}, ["sub", "a string or a whole number"]),
    "sub with a space": (GOOD | {"sub": "al ice"}, ["sub", "a space (U+0020)"]),
    "sub empty": (GOOD | {"sub": ""}, ["sub", "1 to 128", "0 characters"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_names_the_claim_and_what_to_do(name):
    claims, words = REFUSED[name]
    rules = ClaimRules("ours" if "aud" in name else "", leeway_s=10)

    with pytest.raises(BadToken) as told:
        rules.member_id(claims, float(NOW))

    assert [word for word in words if word not in str(told.value)] == []
    assert str(told.value).endswith(".")


@pytest.mark.parametrize("leeway_s", [0, 0.5, 10, 60])
def test_the_leeway_is_what_was_set(leeway_s):
    rules = ClaimRules(leeway_s=leeway_s)

    for claims in ({"iat": NOW}, {"nbf": NOW}, {"exp": NOW + 1}):
        assert rules.member_id(GOOD | claims, NOW - leeway_s if "exp" not in claims else NOW)
    for claim in ("iat", "nbf"):
        with pytest.raises(BadToken, match=claim):
            rules.member_id(GOOD | {claim: NOW}, NOW - leeway_s - 0.1)
    assert rules.member_id(GOOD | {"exp": NOW}, NOW + leeway_s - 0.1) == "alice"
    with pytest.raises(BadToken, match="exp"):
        rules.member_id(GOOD | {"exp": NOW}, NOW + leeway_s)


@pytest.mark.parametrize("sub", [0, 7, 42, 10**20, -3])
def test_a_whole_number_is_the_member_of_its_digits(sub):
    assert ClaimRules().member_id(GOOD | {"sub": sub}, NOW) == str(sub)
