"""PassVerifier: reads a pass, and refuses it with the reason if it is not a good one."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from functools import lru_cache

from passes.base64url import from_base64url
from passes.claims import PassClaims
from passes.errors import (
    BadClaims,
    BadSignature,
    ExpiredPass,
    MalformedPass,
    PassNotYetValid,
    UnknownKey,
    UnsignedPass,
    WrongAlgorithm,
    WrongIssuer,
    WrongRoom,
)
from passes.keys import PassKeys

PASS_LENGTH_MAX = 2_048
# The claims of this many accepted passes are kept, in at most 30 MB: a visitor's proxy asks about
# the same pass with each request, and verifying a signature takes 200 microseconds.
PASSES_KEPT = 16_384


class PassVerifier:
    """Accepts passes of `issuer` that one of `keys`, or a given secret, has signed."""

    def __init__(self, keys: PassKeys, *, issuer: str, now: Callable[[], float]) -> None:
        self._keys = keys
        self._issuer = issuer
        self._now = now
        # Keeps only accepted passes, so that attackers can't fill it.
        self._signed_by_key_kept = lru_cache(maxsize=PASSES_KEPT)(self._signed_by_key)

    def verify(
        self, token: str, room_code: str | None = None, *, secrets: Sequence[str] = ()
    ) -> PassClaims:
        """The claims. room_code: None accepts any room. secrets: for HS256.

        Raises BadPass; ExpiredPass only for a pass that is good otherwise.
        """
        if len(token) > PASS_LENGTH_MAX or not token.isascii():
            raise MalformedPass
        claims = _signed_by_secret(token, secrets) if secrets else None
        if claims is None:
            claims = self._signed_by_key_kept(token)
        self._check(claims, room_code)
        return claims

    def _signed_by_key(self, token: str) -> PassClaims:
        header, signed, signature = _split(token)
        alg = header.get("alg")
        if not isinstance(alg, str) or alg.lower() == "none" or not signature:
            raise UnsignedPass
        # By the key's id alone: a key in the header (`jwk`, `x5c`) or at an address in it (`jku`)
        # is the key of the one who wrote the header.
        key = self._keys.find(header.get("kid"))
        if key is None:
            raise UnknownKey
        if alg != key.alg:
            raise WrongAlgorithm
        if not key.has_signed(signed, signature):
            raise BadSignature
        return _claims(signed)

    def _check(self, claims: PassClaims, room_code: str | None) -> None:
        now = self._now()
        if claims.iss != self._issuer:
            raise WrongIssuer
        if room_code is not None and claims.aud != room_code:
            raise WrongRoom
        if claims.nbf > now:
            raise PassNotYetValid
        if claims.exp <= now:
            raise ExpiredPass(claims)


def _split(token: str) -> tuple[dict[str, object], bytes, bytes]:
    """The header, what is signed, and the signature. Raises MalformedPass."""
    parts = token.split(".")
    if len(parts) != 3:
        raise MalformedPass
    try:
        header = json.loads(from_base64url(parts[0]))
        signature = from_base64url(parts[2])
    except (ValueError, RecursionError):
        raise MalformedPass from None
    # `crit` names extensions that must be understood (RFC 7515, 4.1.11); passes have none.
    if not isinstance(header, dict) or "crit" in header:
        raise MalformedPass
    return header, f"{parts[0]}.{parts[1]}".encode(), signature


def _signed_by_secret(token: str, secrets: Sequence[str]) -> PassClaims | None:
    """None for a pass with another algorithm than HS256."""
    header, signed, signature = _split(token)
    if header.get("alg") != "HS256":
        return None
    # An empty key is a key that everybody has.
    for secret in filter(None, secrets):
        if hmac.compare_digest(hmac.digest(secret.encode(), signed, hashlib.sha256), signature):
            return _claims(signed)
    raise BadSignature


def _claims(signed: bytes) -> PassClaims:
    try:
        found = json.loads(from_base64url(signed.decode().partition(".")[2]))
    except (ValueError, RecursionError):
        raise BadClaims from None
    claims = PassClaims.from_dict(found) if isinstance(found, dict) else None
    if claims is None:
        raise BadClaims
    return claims
