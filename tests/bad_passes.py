"""Bad passes: each must be refused by every verifier, ours and those in deploy/passes."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from passes.keys import PassKeys
from passes.pem import make_private_key
from passes.signer import PassSigner

ISSUER, ROOM, MEMBER, VISIT = "https://line.example.com", "spring", "v:0b7c", "6f1d2c"
VALID_S = 600


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "==")


def header_of(token: str) -> dict[str, object]:
    return dict(json.loads(unb64(token.split(".")[0])))


def claims_of(token: str) -> dict[str, object]:
    return dict(json.loads(unb64(token.split(".")[1])))


def encoded(fields: Mapping[str, object]) -> str:
    return b64(json.dumps(fields).encode())


def signed_by(pem: str, header: Mapping[str, object], claims: Mapping[str, object]) -> str:
    """A JWT with any header and claims, signed with the first key of `pem`."""
    signed = f"{encoded(header)}.{encoded(claims)}"
    return f"{signed}.{b64(PassKeys.from_pem(pem).keys[0].sign(signed.encode()))}"


def signed_with_secret(
    secret: bytes, header: Mapping[str, object], claims: Mapping[str, object]
) -> str:
    signed = f"{encoded(header)}.{encoded(claims)}"
    return f"{signed}.{b64(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def good_pass(pem: str, now: float, **changes: str) -> str:
    """A pass of this room and issuer for ten minutes. changes: of the arguments of `sign`."""
    alg = PassKeys.from_pem(pem).keys[0].alg
    signer = PassSigner(
        PassKeys.from_pem(pem), issuer=changes.pop("issuer", ISSUER), now=lambda: now
    )
    named = {"room_code": ROOM, "member_id": MEMBER, "visit_id": VISIT} | changes
    return signer.sign(**named, ends_at_s=now + VALID_S, alg=alg)


def bad_passes(pem: str, now: float, issuer: str = ISSUER) -> dict[str, str]:
    """Bad passes by what is wrong with them. pem: the key that signs good ones. now: for `exp`."""
    good, stranger = good_pass(pem, now, issuer=issuer), make_private_key(_alg(pem))
    head, payload, signature = good.split(".")
    header, claims = header_of(good), claims_of(good)
    times = {"an hour ago": now - 3_600, "in an hour": now + 3_600}
    return {
        "changed claims": f"{head}.{encoded({**claims, 'sub': 'alice'})}.{signature}",
        "a later exp": f"{head}.{encoded({**claims, 'exp': int(now) + 99_999})}.{signature}",
        "a changed signature": f"{head}.{payload}.{_changed(signature)}",
        "a signature of zeros": f"{head}.{payload}.{b64(bytes(64))}",
        "an empty signature": f"{head}.{payload}.",
        "two parts": f"{head}.{payload}",
        "four parts": f"{good}.{signature}",
        "garbage": "garbage",
        "dots": "..",
        "empty": "",
        "a stranger's key with our kid": signed_by(stranger, header, claims),
        "a stranger's key without kid": signed_by(stranger, _without(header, "kid"), claims),
        "a stranger's key with its own kid": good_pass(stranger, now, issuer=issuer),
        "a stranger's key in the header": signed_by(
            stranger, {**header, "jwk": PassKeys.from_pem(stranger).keys[0].jwk}, claims
        ),
        "a stranger's key in the header, without kid": signed_by(
            stranger,
            {**_without(header, "kid"), "jwk": PassKeys.from_pem(stranger).keys[0].jwk},
            claims,
        ),
        "an unknown extension": signed_by(pem, {**header, "crit": ["exp"]}, claims),
        "an algorithm that is not the key's": signed_by(
            pem, {**header, "alg": "RS256" if header["alg"] == "ES256" else "ES256"}, claims
        ),
        "expired": good_pass(pem, times["an hour ago"], issuer=issuer),
        "not valid yet": good_pass(pem, times["in an hour"], issuer=issuer),
        "another room's": good_pass(pem, now, issuer=issuer, room_code="autumn"),
        "another issuer's": good_pass(pem, now, issuer="https://other.example.com"),
        "no exp": signed_by(pem, header, _without(claims, "exp")),
        "no aud": signed_by(pem, header, _without(claims, "aud")),
        **_unsigned(header, claims),
        **_signed_with_what_everybody_knows(pem, header, claims),
    }


def _unsigned(header: Mapping[str, object], claims: Mapping[str, object]) -> dict[str, str]:
    return {
        f"alg {alg}, signature {signature!r}": f"{encoded({**header, 'alg': alg})}."
        f"{encoded(claims)}.{signature}"
        for alg in ("none", "None", "NONE", "")
        for signature in ("", "AA")
    }


def _signed_with_what_everybody_knows(
    pem: str, header: Mapping[str, object], claims: Mapping[str, object]
) -> dict[str, str]:
    public = load_pem_private_key(pem.encode(), None).public_key()
    as_pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    as_der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    known = {
        "the public key": as_pem,
        "the public key, without its last line break": as_pem.rstrip(),
        "the public key's bytes": as_der,
        "the JWK": json.dumps(PassKeys.from_pem(pem).keys[0].jwk).encode(),
        "an empty secret": b"",
    }
    return {
        f"HS256 with {name}, {which}": signed_with_secret(
            secret, {**fields, "alg": "HS256"}, claims
        )
        for name, secret in known.items()
        for which, fields in (("our kid", header), ("no kid", _without(header, "kid")))
    }


def _alg(pem: str) -> str:
    return PassKeys.from_pem(pem).keys[0].alg


def _changed(signature: str) -> str:
    raw = bytearray(unb64(signature))
    raw[10] ^= 1
    return b64(bytes(raw))


def _without(fields: Mapping[str, object], name: str) -> dict[str, object]:
    return {key: value for key, value in fields.items() if key != name}
