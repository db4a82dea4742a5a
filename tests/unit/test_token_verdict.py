"""A member token has the same verdict here as PyJWT has on it, called with the same options."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, tzinfo
from random import Random
from typing import Any

import jwt
import pytest

from tests.unit.token_cases import Case, cases, dimensions
from tests.unit.token_variations import AUDIENCE, LEEWAY_S, OLD_SECRET, SECRET, TEN_YEARS_S
from web.auth.member_tokens import BadToken, FastJwt, MemberTokens
from web.auth.token_claims import ClaimRules

SEED, EACH = 20_261_128, 50


class Clock:
    """One for the product and PyJWT, which asks `datetime` itself."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()

    class Frozen(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.fromtimestamp(made.now, tz)

    monkeypatch.setattr("jwt.api_jwt.datetime", Frozen)
    return made


def member_by_pyjwt(case: Case) -> tuple[str, str] | None:
    """Id and name by PyJWT's verdict and the few rules that are this product's; None if refused."""
    for secret in (SECRET, OLD_SECRET):
        try:
            claims = jwt.decode(
                case.token,
                secret,
                algorithms=["HS256"],
                leeway=LEEWAY_S,
                audience=case.audience or None,
                options={
                    "require": ["exp", "sub"],
                    "verify_aud": bool(case.audience),
                    "verify_sub": False,
                },
            )
        except (jwt.PyJWTError, ValueError):
            continue
        return by_our_rules(claims, case.now) if len(case.token) <= 4_096 else None
    return None


def by_our_rules(claims: dict[str, Any], now: float) -> tuple[str, str] | None:
    sub = claims["sub"]
    if isinstance(sub, bool) or not isinstance(sub, str | int):
        return None
    member = str(sub)
    if not 1 <= len(member) <= 128 or set(member) - set(map(chr, range(33, 127))):
        return None
    if set(member) & set("\"'`<>\\") or int(claims["exp"]) > now + TEN_YEARS_S:
        return None
    name = claims.get("name")
    shown = name if isinstance(name, str) and name else member
    return member, shown[:64].encode("utf-8", "replace").decode()


def readers(clock: Clock) -> dict[str, MemberTokens]:
    return {
        audience: MemberTokens(
            [SECRET, OLD_SECRET], "", rules=ClaimRules(audience, LEEWAY_S), now=clock
        )
        for audience in ("", AUDIENCE)
    }


def verdict(read: Callable[[str], Any], token: str) -> Any:
    try:
        return read(token)
    except BadToken:
        return None


def test_ten_thousand_tokens_have_the_verdict_of_pyjwt(clock):
    identities, usual = readers(clock), FastJwt([SECRET, OLD_SECRET])
    seen: Counter[str] = Counter()
    good = read_the_short_way = count = 0

    for case in cases(Random(SEED), each=EACH):
        clock.now = case.now
        expected = member_by_pyjwt(case)
        assert (expected is not None) == case.is_good, case
        who = verdict(identities[case.audience].verify, case.token)
        assert (who and (who.id, who.name)) == expected, case
        member = verdict(identities[case.audience].find_member, case.token)
        assert member == (expected and expected[0]), case
        count += 1
        good += case.is_good
        read_the_short_way += usual.verify(case.token) is not None
        seen.update(set(case.variations))

    every = [one.name for those in dimensions("").values() for one in those]
    assert count >= 10_000
    assert good == count / 2
    assert {name: seen[name] for name in every if seen[name] < 100} == {}
    assert read_the_short_way >= 3_000
