"""Token claims: the rules for a member token's claims (RFC 7519), and their errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.member import MEMBER_ID, BadMemberId, check_member_id

CLOCK_LEEWAY_S = 10.0
# A later `exp` means none, or is in milliseconds.
EXPIRES_WITHIN_S = 10 * 365 * 24 * 3600


class BadToken(Exception):
    """This member token can’t be accepted.

    is_for_member: the member can act on the text; otherwise only the shop's developers can.
    """

    def __init__(self, why: str, *, is_for_member: bool = False) -> None:
        super().__init__(why)
        self.is_for_member = is_for_member


@dataclass(frozen=True, slots=True)
class ClaimRules:
    """What the claims must be, as PyJWT checks them with `leeway`, `audience`, and `exp` and `sub`
    required. Beyond that, `sub` must be a member id or a whole number, and `exp` has a latest time.

    audience: `aud` must be or contain it; empty: any `aud` is accepted, also none. leeway_s: by how
    much the clock of the one who signs may differ from ours.
    """

    audience: str = ""
    leeway_s: float = CLOCK_LEEWAY_S

    def member_id(self, claims: Mapping[str, object], now: float) -> str:
        """The member's id. now: seconds since 1970. Raises BadToken, which names the claim."""
        expires = claims.get("exp")
        if type(expires) is not int:
            expires = _seconds(claims, "exp")
        if expires <= now - self.leeway_s:
            raise BadToken(
                "Your sign-in has expired. Go back to the shop and follow the link again.",
                is_for_member=True,
            )
        if expires > now + EXPIRES_WITHIN_S:
            raise BadToken(
                "The member token’s exp is more than 10 years away. Give it in seconds since 1970, "
                "not in milliseconds."
            )
        latest = now + self.leeway_s
        if "iat" in claims and _seconds(claims, "iat") > latest:
            raise BadToken(
                "The member token’s iat is in the future. Give it in seconds since 1970, and set "
                "the clocks of the shop and of this server, or raise CLOCK_LEEWAY_S here."
            )
        if "nbf" in claims and _seconds(claims, "nbf") > latest:
            raise BadToken(
                "The member token is not valid yet: its nbf is in the future. Give it in seconds "
                "since 1970, and set the clocks of the shop and of this server, or raise "
                "CLOCK_LEEWAY_S here."
            )
        if "jti" in claims and type(claims["jti"]) is not str:
            raise BadToken("The member token’s jti must be a string. Put it in quotes.")
        if self.audience:
            self._check_audience(claims.get("aud"))
        sub = claims.get("sub")
        # The common case first: a crowd sends one token each.
        return sub if type(sub) is str and MEMBER_ID.fullmatch(sub) else _member_id(sub)

    def ends_s(self, claims: Mapping[str, object]) -> float:
        """When these claims expire, in seconds since 1970, with the leeway."""
        return _seconds(claims, "exp") + self.leeway_s

    def _check_audience(self, found: object) -> None:
        if not found:
            raise BadToken("The member token has no aud. Set it to MEMBER_TOKEN_AUDIENCE.")
        audiences = found if isinstance(found, list) else [found]
        if not all(isinstance(one, str) for one in audiences):
            raise BadToken("The member token’s aud must be a string or a list of strings.")
        if self.audience not in audiences:
            raise BadToken(
                "The member token’s aud is for another site. It must be MEMBER_TOKEN_AUDIENCE, or "
                "a list that contains it."
            )


DEFAULT_RULES = ClaimRules()


def _seconds(claims: Mapping[str, object], name: str) -> int:
    """As PyJWT reads a time: a float without its fraction, digits in quotes, true as 1."""
    found = claims.get(name)
    if type(found) is int:
        return found
    if found is None and name == "exp":
        raise BadToken("The member token has no exp. Set it to its end, in seconds since 1970.")
    try:
        return int(found)  # type: ignore[call-overload,no-any-return]
    except (TypeError, ValueError, OverflowError):
        raise _not_seconds(name) from None


def _not_seconds(name: str) -> BadToken:
    """One sentence per claim, as translations can't contain values."""
    if name == "iat":
        return BadToken("The member token’s iat must be a number: seconds since 1970.")
    if name == "nbf":
        return BadToken("The member token’s nbf must be a number: seconds since 1970.")
    return BadToken("The member token’s exp must be a number: seconds since 1970.")


def _member_id(found: object) -> str:
    if found is None:
        raise BadToken("The member token has no sub. Set it to the member’s id.")
    if type(found) is int:
        found = str(found)
    if type(found) is not str:
        raise BadToken("The member token’s sub must be a string or a whole number.")
    try:
        check_member_id(found)
    except BadMemberId as error:
        raise BadToken(f"The member token’s sub can’t be accepted: {error}.") from error
    return found
