"""Key caches: verifiers of passes that keep the published keys, as sites run them."""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol
from urllib.parse import urlsplit

import jwt
from joserfc import jwt as joserfc_jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from tests.house import WITHIN_S

ALGORITHMS = ["ES256", "RS256"]


class Verifier(Protocol):
    def verify(self, token: str) -> str:
        """The visit's id. Raises for a refused pass; OSError where it can't ask."""


class PyJwtCache:
    """PyJWT's own client. It looks for a missing key again, but not within 30 s of a fetch."""

    def __init__(self, url: str, room: str, issuer: str, *, kept_s: float) -> None:
        self._client = jwt.PyJWKClient(url, lifespan=kept_s)
        self._expected = {"audience": room, "issuer": issuer}

    def verify(self, token: str) -> str:
        try:
            key = self._client.get_signing_key_from_jwt(token)
        except jwt.PyJWKClientConnectionError as error:
            raise OSError from error
        claims: dict[str, Any] = jwt.decode(token, key, algorithms=ALGORITHMS, **self._expected)
        return str(claims["sid"])

    def knows(self, kid: str) -> bool:
        cache = self._client.jwk_set_cache
        kept = cache.get() if cache else None
        return kept is not None and any(key.key_id == kid for key in kept.keys)


class JoserfcCache:
    """joserfc with keys that are fetched again after `kept_s` only, as Envoy does."""

    def __init__(self, url: str, room: str, issuer: str, *, kept_s: float) -> None:
        self._url, self._kept_s = url, kept_s
        self._rules = JWTClaimsRegistry(
            aud={"essential": True, "value": room},
            iss={"essential": True, "value": issuer},
            exp={"essential": True},
        )
        self._keys: KeySet | None = None
        self._fetched_at = 0.0

    def verify(self, token: str) -> str:
        found = joserfc_jwt.decode(token, self._fetched(), algorithms=ALGORITHMS)
        self._rules.validate(found.claims)
        return str(found.claims["sid"])

    def knows(self, kid: str) -> bool:
        return self._keys is not None and any(key.kid == kid for key in self._keys.keys)

    def _fetched(self) -> KeySet:
        if self._keys is None or time.monotonic() - self._fetched_at > self._kept_s:
            with urllib.request.urlopen(self._url, timeout=20) as answer:
                self._keys = KeySet.import_key_set(json.load(answer))
            self._fetched_at = time.monotonic()
        return self._keys


class WebCheck:
    """`web` itself, asked as a site's program asks."""

    def __init__(self, base_url: str, room: str) -> None:
        self._address = urlsplit(base_url)
        self._path = f"/check/{room}"

    def verify(self, token: str) -> str:
        client = http.client.HTTPConnection(self._address.netloc, timeout=20)
        try:
            client.request("GET", self._path, headers={"Waitroom-Pass": token})
            answer = client.getresponse()
        finally:
            client.close()
        if answer.status != 200:
            raise ValueError(f"{answer.status} {answer.headers['Location']}")
        return str(answer.headers["Waitroom-Visit"])


@contextmanager
def stream_of_verifications(
    verifiers: Sequence[Verifier], sign: Callable[[], str]
) -> Iterator[dict[str, Counter[str]]]:
    """Each verifies one new pass after the other; what became of them, by verifier."""
    ended = threading.Event()
    seen: dict[str, Counter[str]] = {type(one).__name__: Counter() for one in verifiers}

    def verify_on(verifier: Verifier) -> None:
        while not ended.wait(0.01):
            seen[type(verifier).__name__][_verdict(verifier, sign)] += 1

    threads = [threading.Thread(target=verify_on, args=(one,), daemon=True) for one in verifiers]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        ended.set()
        for thread in threads:
            thread.join(60)


def _verdict(verifier: Verifier, sign: Callable[[], str]) -> str:
    token = _asked(sign)
    try:
        _asked(lambda: verifier.verify(token))
    except (jwt.PyJWTError, JoseError, ValueError) as error:
        return f"refused: {type(error).__name__}"
    return "accepted"


def _asked(ask: Callable[[], str]) -> str:
    """A replaced process may close a connection: then ask again, as a proxy does."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        try:
            return ask()
        except (OSError, http.client.HTTPException):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
