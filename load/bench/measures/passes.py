"""Passes: signing and verifying them, each beside the crypto library's own signatures.

Both sides take turns in one thread and count its processor time, so that a busy machine slows both.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from load.bench.context import Bench
from load.bench.results import Row, Summary, rounds
from passes.keys import Algorithm, PassKeys
from passes.pem import make_private_key
from passes.signer import PassSigner

ISSUER, ROOM = "https://line.example.com", "spring"
ALGORITHMS: tuple[Algorithm, ...] = ("ES256", "RS256")
VALID_S = 600
IN_TURN = 20
# Of all passes signed, these are verified by another library.
CHECKED = 50


def passes(bench: Bench) -> list[Summary]:
    """For each algorithm: signing, verifying a new pass, and verifying one that came before."""
    return [summary for alg in ALGORITHMS for summary in rounds(bench.rounds, _of(alg, bench))]


def _of(alg: Algorithm, bench: Bench) -> Callable[[int], list[Row]]:
    return lambda _round: _measure(bench.seconds, alg)


def _measure(seconds: float, alg: Algorithm) -> list[Row]:
    pem = make_private_key(alg)
    signer = PassSigner(PassKeys.from_pem(pem), issuer=ISSUER, now=time.time)
    raw_sign, raw_verify = _library(pem)
    ends_at_s = time.time() + VALID_S
    signed: list[str] = []

    def sign(number: int) -> None:
        signed.append(signer.sign(ROOM, f"v:{number}", f"visit-{number}", ends_at_s, alg))

    signing = _rates(seconds, sign, raw_sign)
    verifying = _rates(
        seconds, lambda number: signer.verify(signed[number], ROOM), raw_verify, len(signed)
    )
    again = _rates(seconds, lambda _number: signer.verify(signed[0], ROOM), raw_verify)
    wrong = {"wrong": _count_wrong(signed[:CHECKED], pem, alg)}
    against = "the library's signatures alone"
    return [
        Row(f"sign, {alg}", signing[0], "/s of a core", against, signing[1], wrong),
        Row(f"verify, {alg}", verifying[0], "/s of a core", against, verifying[1]),
        Row(f"verify again, {alg}", again[0], "/s of a core", against, again[1]),
    ]


def _library(pem: str) -> tuple[Callable[[int], object], Callable[[int], object]]:
    """Sign and verify as many bytes as a pass has, without anything around it."""
    key, data = load_pem_private_key(pem.encode(), None), b"x" * 400
    if isinstance(key, EllipticCurvePrivateKey):
        signature, ecdsa, ec_public = (
            key.sign(data, ECDSA(SHA256())),
            ECDSA(SHA256()),
            key.public_key(),
        )
        return lambda _: key.sign(data, ecdsa), lambda _: ec_public.verify(signature, data, ecdsa)
    assert isinstance(key, RSAPrivateKey)
    pkcs1, hashing, public = PKCS1v15(), SHA256(), key.public_key()
    rsa_signature = key.sign(data, pkcs1, hashing)
    return (
        lambda _: key.sign(data, pkcs1, hashing),
        lambda _: public.verify(rsa_signature, data, pkcs1, hashing),
    )


def _rates(
    seconds: float,
    ours: Callable[[int], object],
    theirs: Callable[[int], object],
    at_most: int | None = None,
) -> tuple[float, float]:
    """How often each ran per second of processor time. Each gets numbers from 0 on."""
    spent, done = [0.0, 0.0], 0
    while sum(spent) < seconds and (at_most is None or done + IN_TURN <= at_most):
        for side, run in enumerate((ours, theirs)):
            began = time.thread_time()
            for number in range(done, done + IN_TURN):
                run(number)
            spent[side] += time.thread_time() - began
        done += IN_TURN
    return done / spent[0], done / spent[1]


def _count_wrong(signed: Sequence[str], pem: str, alg: str) -> int:
    """Passes that PyJWT refuses, or that came twice."""
    key = jwt.PyJWKSet.from_dict(dict(PassKeys.from_pem(pem).jwks()))
    return len(signed) - len(set(_visits(signed, key, alg)))


def _visits(signed: Sequence[str], keys: jwt.PyJWKSet, alg: str) -> Iterator[str]:
    for token in signed:
        try:
            key = keys[jwt.get_unverified_header(token).get("kid", "")]
            yield jwt.decode(token, key, algorithms=[alg], audience=ROOM, issuer=ISSUER)["sid"]
        except (jwt.PyJWTError, KeyError):
            continue
