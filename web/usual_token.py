"""The usual member token, verified without a general JWT library's work: a crowd brings one each.

A general library parses and checks whatever a token may be: five times the work of a signature.
What is read here is only the form in which nearly all libraries write an HS256 token (RFC 7515,
7519); any other token, good or bad, is left to PyJWT, which alone refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hmac import compare_digest

from pydantic_core import from_json

from waitroom.base64url import decoded, encoded
from waitroom.mac import Mac

# {"alg":"HS256","typ":"JWT"}, letter by letter: nothing else is ever taken for it.
_HEAD = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
# Claims with rules of their own (nbf, aud, iat...) are PyJWT's.
_CLAIMS = {"sub", "exp", "name"}


class UsualToken:
    """Reads usual tokens that one of `secrets` has signed."""

    def __init__(self, secrets: Sequence[str], now: Callable[[], float]) -> None:
        self._macs = [Mac(secret.encode()) for secret in secrets]
        self._now = now

    def read(self, token: str) -> dict[str, object] | None:
        """Its claims, or None where PyJWT is to say what it is."""
        if not token.startswith(_HEAD) or not token.isascii():
            return None
        signed, _, signature = token.encode().rpartition(b".")
        return self._claims(signed[len(_HEAD) :]) if self._is_ours(signed, signature) else None

    def _is_ours(self, signed: bytes, signature: bytes) -> bool:
        for mac in self._macs:  # noqa: SIM110 - `any` would take half as long as a signature
            if compare_digest(encoded(mac.of(signed)), signature):
                return True
        return False

    def _claims(self, payload: bytes) -> dict[str, object] | None:
        """Signed by us or the shop, but still checked: a shop may sign whatever it likes."""
        try:
            claims = from_json(decoded(payload))
        except ValueError:
            return None
        if not isinstance(claims, dict) or not claims.keys() <= _CLAIMS:
            return None
        expires = claims.get("exp")
        if type(expires) is not int or expires <= self._now():
            return None
        return claims if type(claims.get("sub")) is str else None
