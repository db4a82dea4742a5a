"""PassKeys: the private keys that sign passes, and their public halves as a JWK set (RFC 7517)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

from passes.base64url import from_number, to_base64url
from passes.errors import BadPassKeys, NoKeyForAlgorithm
from passes.pem import PrivateKey, parse_private_keys

Algorithm = Literal["ES256", "RS256"]
Jwk = dict[str, str]
PublicKey = EllipticCurvePublicKey | RSAPublicKey

# ECDSA signatures in a JWT are two numbers of this many bytes (RFC 7518, 3.4).
_EC_BYTES = 32
_ECDSA, _PKCS1, _SHA256 = ECDSA(SHA256()), PKCS1v15(), SHA256()
_KIND_OF_KEY = {"ES256": "an EC key on P-256", "RS256": "an RSA key"}


@dataclass(frozen=True, slots=True)
class PassKey:
    """One key. kid: its RFC 7638 thumbprint. jwk: its public half."""

    alg: Algorithm
    kid: str
    jwk: Jwk
    _private: PrivateKey = field(repr=False)
    _public: PublicKey = field(repr=False)

    @classmethod
    def from_private(cls, private: PrivateKey) -> PassKey:
        alg: Algorithm = "ES256" if isinstance(private, EllipticCurvePrivateKey) else "RS256"
        public = private.public_key()
        needed = _public_members(public)
        # Exactly these members, sorted, without spaces (RFC 7638, 3).
        canonical = json.dumps(needed, separators=(",", ":"), sort_keys=True)
        kid = to_base64url(sha256(canonical.encode()).digest())
        return cls(alg, kid, {**needed, "kid": kid, "use": "sig", "alg": alg}, private, public)

    def sign(self, data: bytes) -> bytes:
        """The signature as JWTs have it."""
        if isinstance(self._private, EllipticCurvePrivateKey):
            r, s = decode_dss_signature(self._private.sign(data, _ECDSA))
            return r.to_bytes(_EC_BYTES, "big") + s.to_bytes(_EC_BYTES, "big")
        return self._private.sign(data, _PKCS1, _SHA256)

    def has_signed(self, data: bytes, signature: bytes) -> bool:
        try:
            if isinstance(self._public, EllipticCurvePublicKey):
                if len(signature) != 2 * _EC_BYTES:
                    return False
                r, s = signature[:_EC_BYTES], signature[_EC_BYTES:]
                der = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
                self._public.verify(der, data, _ECDSA)
            else:
                self._public.verify(signature, data, _PKCS1, _SHA256)
        except InvalidSignature:
            return False
        return True


class PassKeys:
    """The keys of PASS_KEYS. The first of each algorithm signs; all are published and accepted."""

    def __init__(self, keys: Sequence[PassKey]) -> None:
        self.keys = tuple(keys)
        self._by_kid = {key.kid: key for key in self.keys}
        # Reversed, so that the first one stays.
        self._signing: dict[str, PassKey] = {key.alg: key for key in reversed(self.keys)}

    @classmethod
    def from_pem(cls, text: str) -> PassKeys:
        """From one or more private keys: EC on P-256 (ES256), or RSA (RS256).

        Raises BadPassKeys.
        """
        keys = [PassKey.from_private(private) for private in parse_private_keys(text)]
        kids = [key.kid for key in keys]
        for at, kid in enumerate(kids):
            if (first := kids.index(kid)) < at:
                raise BadPassKeys(f"key {at + 1} is the same as key {first + 1}; remove one")
        return cls(keys)

    @property
    def algorithms(self) -> tuple[Algorithm, ...]:
        """What can be signed with, the first key's first."""
        return tuple(dict.fromkeys(key.alg for key in self.keys))

    def signing(self, alg: Algorithm) -> PassKey:
        """Raises NoKeyForAlgorithm."""
        if key := self._signing.get(alg):
            return key
        raise NoKeyForAlgorithm(f"PASS_KEYS has no key for {alg}: add {_KIND_OF_KEY[alg]}.")

    def find(self, kid: object) -> PassKey | None:
        return self._by_kid.get(kid) if isinstance(kid, str) else None

    def jwks(self) -> dict[str, list[Jwk]]:
        """The JWK set: public members only."""
        return {"keys": [dict(key.jwk) for key in self.keys]}


def _public_members(public: PublicKey) -> Jwk:
    """The members that a thumbprint is made of, which are also all that a public key has."""
    if isinstance(public, EllipticCurvePublicKey):
        point = public.public_numbers()
        x, y = from_number(point.x, _EC_BYTES), from_number(point.y, _EC_BYTES)
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}
    numbers = public.public_numbers()
    return {"kty": "RSA", "n": from_number(numbers.n), "e": from_number(numbers.e)}
