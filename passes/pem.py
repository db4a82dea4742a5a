"""PEM bundle: the private keys in the text of PASS_KEYS."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from passes.errors import BadPassKeys

# More bits would make each signature take milliseconds.
RSA_BITS_MIN, RSA_BITS_MAX = 2_048, 4_096
KEYS_MAX = 8
PrivateKey = EllipticCurvePrivateKey | RSAPrivateKey

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_PRIVATE = ("PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY")
# `openssl ecparam -genkey` writes the curve before the key, which names it too.
_IGNORED = "EC PARAMETERS"
HOW_TO_MAKE_ONE = "make one with `waitroom pass-key make`"


def parse_private_keys(pem: str) -> list[PrivateKey]:
    """The keys in their order; line breaks may also be written as `\\n`.

    Raises BadPassKeys, whose text never contains any of the key.
    """
    # Where a variable has one line only, people write line breaks as \n.
    blocks = [
        (label, body)
        for label, body in _BLOCK.findall(pem.replace("\\r", "").replace("\\n", "\n"))
        if label != _IGNORED
    ]
    if not blocks:
        raise BadPassKeys(f"there is no PEM block in it; {HOW_TO_MAKE_ONE}")
    if len(blocks) > KEYS_MAX:
        raise BadPassKeys(f"has {len(blocks)} keys, at most {KEYS_MAX} are possible")
    return list(_parse_each(blocks))


def _parse_each(blocks: list[tuple[str, str]]) -> Iterator[PrivateKey]:
    for number, (label, body) in enumerate(blocks, start=1):
        try:
            yield _parse(label, body)
        except BadPassKeys as error:
            raise BadPassKeys(f"key {number} {error}") from None


def _parse(label: str, body: str) -> PrivateKey:
    if "ENCRYPTED" in label or "ENCRYPTED" in body:
        raise BadPassKeys("has a passphrase; remove it with `openssl pkey`")
    if label not in _PRIVATE:
        raise BadPassKeys(f"is not a private key: its block is {label}; {HOW_TO_MAKE_ONE}")
    try:
        key = load_der_private_key(b64decode("".join(body.split()), validate=True), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadPassKeys(f"can't be read: it is damaged or cut off; {HOW_TO_MAKE_ONE}") from None
    if isinstance(key, EllipticCurvePrivateKey):
        if not isinstance(key.curve, SECP256R1):
            raise BadPassKeys(f"is on the curve {key.curve.name}; only P-256 is possible")
        return key
    if not isinstance(key, RSAPrivateKey):
        raise BadPassKeys(f"is neither an EC key on P-256 nor an RSA key; {HOW_TO_MAKE_ONE}")
    if not RSA_BITS_MIN <= key.key_size <= RSA_BITS_MAX:
        raise BadPassKeys(
            f"has {key.key_size} bits; RSA keys must have {RSA_BITS_MIN} to {RSA_BITS_MAX}"
        )
    return key


def make_private_key(algorithm: str) -> str:
    """A new private key as PEM (PKCS#8), for ES256 or RS256."""
    key: PrivateKey
    if algorithm == "ES256":
        key = generate_private_key(SECP256R1())
    elif algorithm == "RS256":
        key = generate_rsa(public_exponent=65_537, key_size=RSA_BITS_MIN)
    else:
        raise ValueError(f"no keys are made for {algorithm}")
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
