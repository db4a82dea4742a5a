"""Who asks: each credential that must not be taken, at each call that wants one."""

import time

import jwt
import pytest

from tests.integration.cast import on_offer
from tests.integration.web_cast import (
    MEMBER_SECRET,
    app_with,
    by,
    checked_problem,
    client_of,
    in_line,
    signed,
    stored,
    token,
)
from web.auth.member_tokens import TOKEN_LENGTH_MAX, MemberTokens

SOON = int(time.time()) + 3600
ALICE = {"sub": "alice", "exp": SOON}
UNSIGNED = jwt.encode(ALICE, None, algorithm="none")

NOT_A_TOKEN = {
    "signed with nothing": UNSIGNED,
    "alg none with a signature": UNSIGNED + token("alice").rpartition(".")[2],
    "wrong key": signed(ALICE, "a-secret-of-somebody-elses-32-bytes-long"),
    "HS512": signed(ALICE, MEMBER_SECRET.ljust(64, "x"), algorithm="HS512"),
    "HS512 with our key": signed(ALICE, (MEMBER_SECRET * 2), algorithm="HS512"),
    "garbage": "garbage",
    "three dots": "...",
    "latin": "caf\u00e9",
    "too long": signed(ALICE | {"more": "x" * TOKEN_LENGTH_MAX}),
    "claims of another": ".".join((*token("alice").split(".")[:2], token("bob").split(".")[2])),
}
BAD_CLAIMS = {
    "no sub": {"exp": SOON},
    "sub null": {"sub": None, "exp": SOON},
    "sub a fraction": {"sub": 7.5, "exp": SOON},
    "sub a list": {"sub": ["alice"], "exp": SOON},
    "sub empty": {"sub": "", "exp": SOON},
    "sub too long": {"sub": "a" * 129, "exp": SOON},
    "sub with a space": {"sub": "al ice", "exp": SOON},
    "sub with a newline at the end": {"sub": "alice\n", "exp": SOON},
    "sub in Korean": {"sub": "\uc568\ub9ac\uc2a4", "exp": SOON},
    "sub with control characters": {"sub": "al\x00ice\x1b", "exp": SOON},
    "sub with a quote": {"sub": "al'ice", "exp": SOON},
    "no exp": {"sub": "alice"},
    "exp null": {"sub": "alice", "exp": None},
    "exp a word": {"sub": "alice", "exp": "tomorrow"},
    "exp in milliseconds": {"sub": "alice", "exp": SOON * 1_000},
    "expired": {"sub": "alice", "exp": int(time.time()) - 11},
    "not yet valid": ALICE | {"nbf": SOON},
    "signed in the future": ALICE | {"iat": SOON},
    "jti a number": ALICE | {"jti": 7},
}
TOKENS = NOT_A_TOKEN | {name: signed(claims) for name, claims in BAD_CLAIMS.items()}
CALLS = (
    ("POST", "/api/rooms/{}/enter"),
    ("GET", "/api/rooms/{}/place"),
    ("DELETE", "/api/rooms/{}/place"),
    ("GET", "/api/rooms/{}/live"),
    ("POST", "/api/coupons/{}-d/issue"),
    ("GET", "/api/me/coupons"),
    ("POST", "/api/me/coupons/6f0e1d5a-0000-4000-8000-000000000000/use"),
)


async def answers_to(client, code: str, headers):
    return [await client.request(how, path.format(code), headers=headers) for how, path in CALLS]


@pytest.fixture
async def before(client, line, engine, redis_url, code):
    """A room where Alice waits, and a coupon issued directly; all that is stored."""
    await in_line(line, engine, code)
    on_offer(engine, f"{code}-d", issuing="pessimistic")
    await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))
    client.cookies.clear()
    return stored(redis_url, engine, code, f"{code}-d")


@pytest.mark.parametrize("text", TOKENS.values(), ids=TOKENS)
async def test_a_bad_token_is_refused_by_every_call_and_changes_nothing(
    client, engine, redis_url, code, before, text
):
    answers = await answers_to(client, code, {"Authorization": f"Bearer {text}".encode()})

    for answer in answers:
        problem = checked_problem(answer, "bad_token", 401)
        assert text not in problem["detail"]
        assert "set-cookie" not in answer.headers
    assert stored(redis_url, engine, code, f"{code}-d") == before


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Basic YWxpY2U6c2VjcmV0", "alice", "Token x", f"{token('a')}"],
)
async def test_without_a_token_nobody_is_signed_in(client, engine, redis_url, code, before, header):
    answers = await answers_to(client, code, {} if header is None else {"Authorization": header})

    for answer in answers:
        checked_problem(answer, "not_signed_in", 401)
    assert stored(redis_url, engine, code, f"{code}-d") == before


async def test_each_refusal_says_what_is_wrong(client, code, before):
    def why(text: str) -> str:
        return details[text]

    details = {}
    for name in ("expired", "no sub", "no exp", "wrong key", "HS512", "too long", "sub in Korean"):
        headers = {"Authorization": f"Bearer {TOKENS[name]}"}
        answer = await client.get("/api/me/coupons", headers=headers)
        details[name] = answer.json()["detail"]

    assert "expired" in why("expired")
    assert "no sub" in why("no sub")
    assert "no exp" in why("no exp")
    assert "secret" in why("wrong key")
    assert "HS256" in why("HS512")
    assert "longer" in why("too long")
    assert "1 to 128" in why("sub in Korean")


@pytest.mark.parametrize("member_id", ["a", "A-Z.a_z:0@9-", "0", "user@shop.example", "x" * 128])
async def test_every_id_that_the_interface_allows_gets_a_place(
    client, line, engine, code, member_id
):
    await in_line(line, engine, code)

    answer = await client.post(f"/api/rooms/{code}/enter", headers=by(member_id))

    assert (answer.status_code, answer.json()["place"]) == (202, 1)


async def test_a_new_member_secret_keeps_people_in_line(parts, code, before):
    both = MemberTokens(["the-new-member-secret-which-comes-first", MEMBER_SECRET], "x" * 32)

    async with client_of(app_with(parts, identity=both)) as client:
        old = await client.get(f"/api/rooms/{code}/place", headers=by("alice"))
        renewed = {"Authorization": f"Bearer {both.sign('alice')}"}
        new = await client.get(f"/api/rooms/{code}/place", headers=renewed)

    assert old.status_code == new.status_code == 200
    assert old.json()["place"] == new.json()["place"] == 1


async def test_a_retired_member_secret_signs_nobody_in(parts, code, before):
    new = MemberTokens(["the-new-member-secret-is-all-alone-now"], "x" * 32)

    async with client_of(app_with(parts, identity=new)) as client:
        answer = await client.get(f"/api/rooms/{code}/place", headers=by("alice"))

    checked_problem(answer, "bad_token", 401)
