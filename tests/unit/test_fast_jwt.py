"""The short way to read a member token takes nothing that PyJWT would not take, and the same.

What its claims must be is in test_token_verdict.py, for both ways.
"""

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from web.auth.member_tokens import BadToken, FastJwt, MemberTokens

OLD, NEW = "the-old-secret-of-at-least-32-bytes!", "the-new-secret-of-at-least-32-bytes!"
NOW = int(time.time())
USUAL = {"alg": "HS256", "typ": "JWT"}

scalars = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text()
claim_names = st.sampled_from(["sub", "exp", "name", "nbf", "iat", "aud", "iss", "jti", "x"])
claims_of_any_kind = st.dictionaries(claim_names, scalars | st.lists(scalars, max_size=2))


def signed(header: object, claims: object, secret: str = OLD) -> str:
    def text(part: object) -> bytes:
        raw = json.dumps(part, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(raw).rstrip(b"=")

    said = text(header) + b"." + text(claims)
    mac = hmac.digest(secret.encode(), said, hashlib.sha256)
    return (said + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


def good(**claims: object) -> str:
    return signed(USUAL, {"sub": "alice", "exp": NOW + 60, **claims})


def read(token: str) -> dict[str, object] | None:
    return FastJwt([NEW, OLD]).verify(token)


def test_what_a_shop_and_we_ourselves_sign_is_read_the_short_way():
    assert read(good(name="Alice")) == {"sub": "alice", "exp": NOW + 60, "name": "Alice"}
    assert read(MemberTokens([NEW], "").sign("alice"))["sub"] == "alice"


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT", "alg": "HS256"},
        {"alg": "HS256"},
        {"alg": "HS256", "typ": "JWT", "kid": "2026-11"},
        {"kid": "\ud55c\uae00", "alg": "HS256"},
        {"alg": "HS256", "typ": "at+jwt"},
    ],
    ids=str,
)
def test_a_plain_header_in_any_order_is_read_the_short_way(header):
    claims = {"sub": "alice", "exp": NOW + 60, "iat": NOW, "nbf": NOW, "aud": ["here"]}

    assert read(signed(header, claims)) == claims


def test_spaces_in_the_json_are_read_the_short_way():
    parts = ('{ "typ" : "JWT", "alg" : "HS256" }', f'{{ "sub": "alice", "exp": {NOW + 60} }}')
    said = b".".join(base64.urlsafe_b64encode(one.encode()).rstrip(b"=") for one in parts)
    mac = base64.urlsafe_b64encode(hmac.digest(OLD.encode(), said, hashlib.sha256)).rstrip(b"=")

    assert read((said + b"." + mac).decode()) == {"sub": "alice", "exp": NOW + 60}


headers = st.fixed_dictionaries(
    {}, optional={"alg": st.sampled_from(["HS256", "HS512", "none"]), "typ": scalars,
                  "kid": scalars, "b64": scalars, "crit": st.lists(scalars, max_size=1)}
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(claims_of_any_kind, st.just(USUAL) | headers)
def test_whatever_is_read_is_what_pyjwt_reads(claims, header):
    token = signed(header, claims)

    found = read(token)

    if found is not None:
        unchecked = {f"verify_{name}": False for name in ("exp", "iat", "nbf", "aud", "sub", "jti")}
        by_pyjwt = jwt.decode(token, OLD, algorithms=["HS256"], options=unchecked)
        assert repr(found) == repr(by_pyjwt)  # NaN is not equal to itself


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_token_with_any_letter_changed_is_left_to_pyjwt_which_refuses(data):
    token = good(name="Alice")
    at = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("AZaz09-_.=é"))
    changed = token[:at] + letter + token[at + 1 :]

    if changed != token:
        assert read(changed) is None
        # The last letter of a signature has bits that nobody reads: that alone PyJWT lets pass.
        if at < len(token) - 1:
            with pytest.raises(BadToken):
                MemberTokens([OLD], "").verify(changed)


@pytest.mark.parametrize(
    "token",
    [
        signed({"alg": "none", "typ": "JWT"}, {"sub": "alice", "exp": NOW + 60}),
        signed({"alg": "HS512", "typ": "JWT"}, {"sub": "alice", "exp": NOW + 60}),
        signed({**USUAL, "crit": ["x"]}, {"sub": "alice", "exp": NOW + 60}),
        signed({**USUAL, "b64": False}, {"sub": "alice", "exp": NOW + 60}),
        signed({**USUAL, "kid": 7}, {"sub": "alice", "exp": NOW + 60}),
        signed({**USUAL, "cty": "JWT"}, {"sub": "alice", "exp": NOW + 60}),
        signed({**USUAL, "jwk": {}}, {"sub": "alice", "exp": NOW + 60}),
        signed({"typ": "JWT"}, {"sub": "alice", "exp": NOW + 60}),
        signed(["HS256"], {"sub": "alice", "exp": NOW + 60}),
        signed(USUAL, ["sub", "exp"]),
        signed(USUAL, {"sub": "alice", "exp": NOW + 60}, "another-secret-of-at-least-32-bytes!"),
        good()[:-1],
        good() + "=",
        good().rpartition(".")[0] + ".",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
        "",
        "...",
    ],
    ids=lambda _: "token",  # each process signs them at its own second
)
def test_anything_unusual_is_not_taken(token):
    assert read(token) is None


@pytest.mark.parametrize(
    "change", ["{}=", "{}==", "{}\n", "\n{}", "{}!", "!{}", "{}A", "A{}", "{}."]
)
def test_a_payload_that_is_not_as_base64url_writes_it_is_left_to_pyjwt(change):
    """Signed by who has the secret: padding and stray signs are not for us to judge."""
    head, payload, _ = good().split(".")
    said = f"{head}.{change.format(payload)}"
    mac = hmac.digest(OLD.encode(), said.encode(), hashlib.sha256)

    assert read(f"{said}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}") is None
