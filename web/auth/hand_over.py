"""Hand-over: reads the member token by which a shop signs a browser in."""

from __future__ import annotations

import hashlib
import json
import math
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass

from web.auth.member_tokens import MemberTokens, Visitor
from web.auth.token_claims import BadToken

SESSION_UNTIL = "session_until"
AHEAD_MAX_S = 10 * 366 * 24 * 3600
# Used tokens are kept longer than any process' clock may still accept them.
KEPT_AFTER_S = 600


@dataclass(frozen=True, slots=True)
class HandOver:
    """The member whom a token signs in, and until when (s since 1970), if it limits that.

    token_name: the same for every encoding of one token. kept_s: how long it is kept as used.
    """

    visitor: Visitor
    token_name: str
    kept_s: int
    until_s: float | None


def read_hand_over(identity: MemberTokens, token: str) -> HandOver:
    """Verify a hand-over token. Raises BadToken, whose text names the fault."""
    visitor, claims, now_s = identity.verify(token), identity.verify_claims(token), identity.now_s()
    left_s = math.ceil(int(claims["exp"]) - now_s)  # type: ignore[call-overload]
    return HandOver(
        visitor,
        _display_name(token, claims, visitor.id),
        min(max(0, left_s), AHEAD_MAX_S) + KEPT_AFTER_S,
        _session_until(claims, now_s),
    )


def member_named_in(token: str) -> str:
    """The unverified `sub` of an invalid token; use it for comparison only."""
    try:
        claims = json.loads(urlsafe_b64decode(token.split(".")[1].encode() + b"=="))
        return str(claims["sub"])
    except (ValueError, IndexError, KeyError, TypeError, RecursionError):
        return ""


def _display_name(token: str, claims: Mapping[str, object], member_id: str) -> str:
    """A digest of the member and the `jti`, else of the signed text.

    Not of the whole token: base64 has several encodings of one signature.
    """
    jti = claims.get("jti")
    text = f"jti {member_id} {jti}" if jti and isinstance(jti, str) else token.rpartition(".")[0]
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _session_until(claims: Mapping[str, object], now_s: float) -> float | None:
    if SESSION_UNTIL not in claims:
        return None
    until_s = claims[SESSION_UNTIL]
    if isinstance(until_s, bool) or not isinstance(until_s, int | float):
        raise BadToken("The member token’s session_until must be a number: seconds since 1970.")
    if not now_s < until_s <= now_s + AHEAD_MAX_S:
        raise BadToken(
            "The member token’s session_until must lie ahead, by at most 10 years: seconds since "
            "1970, not milliseconds."
        )
    return until_s
