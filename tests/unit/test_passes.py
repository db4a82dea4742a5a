"""Passes: what is signed, that others accept it, and why each bad pass is refused."""

import json
import time

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import KeySet

from passes.errors import (
    BadClaims,
    BadPass,
    BadPassSecret,
    BadSignature,
    ExpiredPass,
    MalformedPass,
    NoKeyForAlgorithm,
    PassNotYetValid,
    UnknownKey,
    UnsignedPass,
    WrongAlgorithm,
    WrongIssuer,
    WrongRoom,
)
from passes.keys import PassKeys
from passes.pem import make_private_key
from passes.signer import BACKDATED_S, PassSigner
from passes.verification import PASS_LENGTH_MAX
from tests.bad_passes import (
    ISSUER,
    MEMBER,
    ROOM,
    VALID_S,
    VISIT,
    b64,
    bad_passes,
    claims_of,
    encoded,
    good_pass,
    header_of,
    signed_by,
)

PEMS = {alg: make_private_key(alg) for alg in ("ES256", "RS256")}
NOW = 1_800_000_000.75
SECRET, OLD_SECRET = "s" * 32, "o" * 32


@pytest.fixture(autouse=True)
def time_of_passes(clock) -> None:
    clock.s = NOW


@pytest.fixture
def signer(clock) -> PassSigner:
    return PassSigner(PassKeys.from_pem("".join(PEMS.values())), issuer=ISSUER, now=clock)


def sign(signer: PassSigner, alg="ES256", secret=None, *, room=ROOM, ends_at_s=NOW + VALID_S):
    return signer.sign(room, MEMBER, VISIT, ends_at_s, alg, secret)


@pytest.mark.parametrize("alg", ["ES256", "RS256", "HS256"])
def test_a_pass_has_the_standard_header_and_claims(signer, alg):
    token = sign(signer, alg, SECRET)

    kid = {} if alg == "HS256" else {"kid": signer.keys.signing(alg).kid}
    assert header_of(token) == {"alg": alg, "typ": "JWT"} | kid
    assert claims_of(token) == {
        "iss": ISSUER,
        "aud": ROOM,
        "sub": MEMBER,
        "sid": VISIT,
        "iat": int(NOW) - BACKDATED_S,
        "nbf": int(NOW) - BACKDATED_S,
        "exp": int(NOW + VALID_S),
    }


@pytest.mark.parametrize("alg", ["ES256", "RS256", "HS256"])
def test_a_good_pass_is_accepted_until_its_visit_ends(signer, clock, alg):
    token = sign(signer, alg, SECRET, ends_at_s=NOW + 60.9)

    claims = signer.verify(token, ROOM, secrets=[SECRET])

    assert (claims.sub, claims.sid, claims.aud) == (MEMBER, VISIT, ROOM)
    assert claims == signer.verify(token, secrets=[SECRET])
    clock.s = claims.exp - 0.001
    assert claims == signer.verify(token, ROOM, secrets=[SECRET])
    clock.s = claims.exp
    with pytest.raises(ExpiredPass) as expired:
        signer.verify(token, ROOM, secrets=[SECRET])
    assert expired.value.claims == claims
    assert claims.exp <= NOW + 60.9


@pytest.mark.parametrize("alg", PEMS)
def test_others_accept_what_we_sign(alg):
    now = time.time()
    token, jwks = good_pass(PEMS[alg], now), PassKeys.from_pem(PEMS[alg]).jwks()

    key = jwt.PyJWKSet.from_dict(jwks)[header_of(token)["kid"]]
    by_pyjwt = jwt.decode(token, key, algorithms=[alg], audience=ROOM, issuer=ISSUER)
    by_joserfc = joserfc_jwt.decode(token, KeySet.import_key_set(jwks), algorithms=[alg]).claims

    assert by_pyjwt == by_joserfc == claims_of(token)


def test_others_whose_clock_is_behind_accept_a_new_pass():
    now = time.time()
    token = good_pass(PEMS["ES256"], now + BACKDATED_S)

    times = claims_of(token)
    key = jwt.PyJWKSet.from_dict(PassKeys.from_pem(PEMS["ES256"]).jwks())[header_of(token)["kid"]]

    assert max(times["iat"], times["nbf"]) <= now
    assert jwt.decode(token, key, algorithms=["ES256"], audience=ROOM)["sid"] == VISIT


def test_a_rotation_in_three_steps_refuses_no_pass(clock):
    old, new = make_private_key("ES256"), make_private_key("ES256")
    bundles = (old, old + new, new + old)
    signers = [PassSigner(PassKeys.from_pem(pem), issuer=ISSUER, now=clock) for pem in bundles]
    before, published, turned = signers
    last = PassSigner(PassKeys.from_pem(new), issuer=ISSUER, now=clock)

    # Processes are replaced one by one: those of two steps serve side by side.
    for signs, verifies in (
        (before, published), (published, before), (published, turned), (turned, published),
        (before, turned), (turned, last), (last, turned),
    ):  # fmt: skip
        assert verifies.verify(sign(signs), ROOM).sid == VISIT
    with pytest.raises(UnknownKey):  # so OLD goes when its last pass has expired
        last.verify(sign(published), ROOM)


def test_passes_of_both_secrets_are_accepted_while_one_is_rotated(signer):
    token = sign(signer, "HS256", OLD_SECRET)

    assert signer.verify(token, ROOM, secrets=[SECRET, OLD_SECRET]).sid == VISIT
    with pytest.raises(BadSignature):
        signer.verify(token, ROOM, secrets=[SECRET])
    with pytest.raises(UnknownKey):
        signer.verify(token, ROOM)
    assert signer.verify(sign(signer), ROOM, secrets=[SECRET]).sid == VISIT


@pytest.mark.parametrize("secret", [None, "", "s" * 31])
def test_a_short_secret_signs_nothing(signer, secret):
    with pytest.raises(BadPassSecret, match="at least 32 bytes"):
        sign(signer, "HS256", secret)


def test_an_algorithm_without_a_key_signs_nothing(clock):
    signer = PassSigner(PassKeys.from_pem(PEMS["ES256"]), issuer=ISSUER, now=clock)

    with pytest.raises(NoKeyForAlgorithm):
        sign(signer, "RS256")


REASONS = {
    "changed claims": BadSignature,
    "a later exp": BadSignature,
    "a changed signature": BadSignature,
    "a signature of zeros": BadSignature,
    "an empty signature": UnsignedPass,
    "two parts": MalformedPass,
    "four parts": MalformedPass,
    "garbage": MalformedPass,
    "dots": MalformedPass,
    "empty": MalformedPass,
    "a stranger's key with our kid": BadSignature,
    "a stranger's key without kid": UnknownKey,
    "a stranger's key with its own kid": UnknownKey,
    "a stranger's key in the header": BadSignature,
    "a stranger's key in the header, without kid": UnknownKey,
    "an unknown extension": MalformedPass,
    "an algorithm that is not the key's": WrongAlgorithm,
    "expired": ExpiredPass,
    "not valid yet": PassNotYetValid,
    "another room's": WrongRoom,
    "another issuer's": WrongIssuer,
    "no exp": BadClaims,
    "no aud": BadClaims,
}
BAD = {
    f"{alg}: {name}": (alg, name, token)
    for alg, pem in PEMS.items()
    for name, token in bad_passes(pem, NOW).items()
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("secrets", [(), (SECRET,), ("",)], ids=["", "a secret", "an empty secret"])
def test_every_bad_pass_is_refused_for_its_reason(clock, case, secrets):
    alg, name, token = BAD[case]
    signer = PassSigner(PassKeys.from_pem(PEMS[alg]), issuer=ISSUER, now=clock)
    signer.verify(good_pass(PEMS[alg], NOW), ROOM)

    for _ in range(2):  # an accepted pass is kept; a refused one must not be
        with pytest.raises(BadPass) as refused:
            signer.verify(token, ROOM, secrets=secrets)

    if name.startswith("alg"):
        expected = {UnsignedPass}
        if "alg ," in name:  # an empty name of an algorithm
            expected |= {WrongAlgorithm}
    elif name.startswith("HS256"):
        expected = {BadSignature, UnknownKey, WrongAlgorithm}
    else:
        expected = {REASONS[name]}
    assert type(refused.value) in expected


def test_a_pass_that_is_too_long_is_refused_before_it_is_read(signer):
    with pytest.raises(MalformedPass):
        signer.verify(f"{sign(signer)}{'A' * PASS_LENGTH_MAX}", ROOM)


def test_claims_of_a_wrong_type_are_refused(clock):
    pem = PEMS["ES256"]
    signer = PassSigner(PassKeys.from_pem(pem), issuer=ISSUER, now=clock)
    header, claims = header_of(good_pass(pem, NOW)), claims_of(good_pass(pem, NOW))

    for wrong in ({"exp": "soon"}, {"exp": True}, {"aud": [ROOM]}, {"sub": 7}, {"sid": None}):
        with pytest.raises(BadClaims):
            signer.verify(signed_by(pem, header, claims | wrong), ROOM)


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_refused_with_a_reason(text):
    signer = PassSigner(PassKeys.from_pem(PEMS["ES256"]), issuer=ISSUER, now=lambda: NOW)

    for token in (text, f"{text}.{text}.{text}", f"{encoded({'alg': text})}.{text}.{text}"):
        with pytest.raises(BadPass):
            signer.verify(token, ROOM)


@pytest.mark.parametrize(
    "header", ["[" * 1_000, "[]", "7", '"none"', "{", '{"alg":7}', '{"kid":[]}']
)
def test_an_odd_header_is_refused_with_a_reason(signer, header):
    _, payload, signature = sign(signer).split(".")

    with pytest.raises(BadPass):
        signer.verify(f"{b64(header.encode())}.{payload}.{signature}", ROOM)


def test_ids_of_any_form_come_back(signer):
    for member in ("a+b@c.kr|x:/y", "12345", "v:0b7c"):
        token = signer.sign(ROOM, member, VISIT, NOW + VALID_S)

        assert signer.verify(token, ROOM).sub == member
        assert json.dumps(claims_of(token))
