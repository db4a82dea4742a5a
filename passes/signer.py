"""PassSigner: signs passes for visits, and verifies passes that come back."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from typing import Literal

from passes.base64url import to_base64url
from passes.claims import PassClaims
from passes.errors import BadPassSecret
from passes.keys import PassKey, PassKeys
from passes.verification import PassVerifier

# The clock of a site that verifies may be this far behind ours.
BACKDATED_S = 10
SECRET_BYTES_MIN = 32  # RFC 7518, 3.2
PassAlgorithm = Literal["ES256", "RS256", "HS256"]


class PassSigner:
    """Signs with the first key of each algorithm, and accepts passes of all keys.

    issuer: `iss`, BASE_URL. now: seconds since 1970.
    """

    def __init__(self, keys: PassKeys, *, issuer: str, now: Callable[[], float]) -> None:
        self.keys = keys
        self.issuer = issuer
        self._now = now
        self._verifier = PassVerifier(keys, issuer=issuer, now=now)
        self._headers = {key.kid: _header(alg=key.alg, kid=key.kid) for key in keys.keys}

    def sign(
        self,
        room_code: str,
        member_id: str,
        visit_id: str,
        ends_at_s: float,
        alg: PassAlgorithm = "ES256",
        secret: str | None = None,
        began_at_s: float | None = None,
    ) -> str:
        """A pass for this visit until its end. secret: the site's, for HS256. began_at_s: when the
        visit began.

        Raises NoKeyForAlgorithm; BadPassSecret for HS256 without a secret of 32 bytes.
        """
        issued = int(self._now()) - BACKDATED_S
        began = None if began_at_s is None else int(began_at_s)
        claims = PassClaims(
            self.issuer, room_code, member_id, visit_id, issued, issued, int(ends_at_s), began
        )
        if alg == "HS256":
            return _signed_by_secret(claims, secret)
        return self._signed_by_key(claims, self.keys.signing(alg))

    def verify(
        self, token: str, room_code: str | None = None, *, secrets: Sequence[str] = ()
    ) -> PassClaims:
        """The claims of a good pass for this room; None: for any room.

        secrets: those of the room's site, for passes signed with HS256. Raises BadPass.
        """
        return self._verifier.verify(token, room_code, secrets=secrets)

    def _signed_by_key(self, claims: PassClaims, key: PassKey) -> str:
        signed = f"{self._headers[key.kid]}.{_payload(claims)}"
        return f"{signed}.{to_base64url(key.sign(signed.encode()))}"


def _signed_by_secret(claims: PassClaims, secret: str | None) -> str:
    raw = (secret or "").encode()
    if len(raw) < SECRET_BYTES_MIN:
        raise BadPassSecret(f"HS256 needs a secret of at least {SECRET_BYTES_MIN} bytes.")
    signed = f"{_HS256_HEADER}.{_payload(claims)}"
    return f"{signed}.{to_base64url(hmac.digest(raw, signed.encode(), hashlib.sha256))}"


def _header(**fields: str) -> str:
    return _encoded({**fields, "typ": "JWT"})


def _payload(claims: PassClaims) -> str:
    return _encoded(claims.to_dict())


def _encoded(fields: dict[str, str] | dict[str, str | int]) -> str:
    return to_base64url(json.dumps(fields, separators=(",", ":")).encode())


_HS256_HEADER = _header(alg="HS256")
