"""The usual member token, verified without a general JWT library's work: a crowd brings one each.

A general library parses and checks whatever a token may be: five times the work of a signature.
What is read here is only the form in which nearly all libraries write an HS256 token (RFC 7515);
any other token, good or bad, is left to PyJWT, which alone refuses. What the claims must be is in
`web.auth.token_claims`, for both.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hmac import compare_digest

from pydantic_core import from_json

from waitroom.tokens.hmac_key import HmacKey

# {"alg":"HS256","typ":"JWT"}, letter by letter: nothing else is ever taken for it.
_HEAD = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."


class FastJwt:
    """Reads usual tokens that one of `secrets` has signed."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._macs = [HmacKey(secret.encode()) for secret in secrets]

    def verify(self, token: str) -> dict[str, object] | None:
        """What it claims, not yet checked; None where PyJWT is to say what it is."""
        if not token.startswith(_HEAD) or not token.isascii():
            return None
        signed, _, signature = token.encode().rpartition(b".")
        return _claims(signed[len(_HEAD) :]) if self._is_ours(signed, signature) else None

    def _is_ours(self, signed: bytes, signature: bytes) -> bool:
        for mac in self._macs:
            if compare_digest(urlsafe_b64encode(mac.digest(signed)).rstrip(b"="), signature):
                return True
        return False


def _claims(payload: bytes) -> dict[str, object] | None:
    """Signed by us or the shop, but still checked: a shop may sign whatever it likes."""
    try:
        raw = urlsafe_b64decode(payload + b"==")
        # The decoder skips what is no base64; padding and loose ends are PyJWT's to judge.
        claims = from_json(raw) if urlsafe_b64encode(raw).rstrip(b"=") == payload else None
    except ValueError:
        return None
    return claims if isinstance(claims, dict) else None
