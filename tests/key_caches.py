"""Key caches: verifiers of passes that keep the published keys, as sites run them."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import jwt
from joserfc import jwt as joserfc_jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

ALGORITHMS = ["ES256", "RS256"]


class KeyCache(Protocol):
    def verify(self, token: str) -> str:
        """The visit's id. Raises for a refused pass; OSError where no keys can be fetched."""

    def knows(self, kid: str) -> bool:
        """Whether it has already fetched this key."""


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


@contextmanager
def stream_of_verifications(
    caches: Sequence[KeyCache], sign: Callable[[], str]
) -> Iterator[dict[str, Counter[str]]]:
    """Each cache verifies one new pass after the other; what became of them, by cache."""
    ended = threading.Event()
    seen: dict[str, Counter[str]] = {type(one).__name__: Counter() for one in caches}

    def verify_on(cache: KeyCache) -> None:
        while not ended.wait(0.01):
            seen[type(cache).__name__][_verdict(cache, sign())] += 1

    threads = [threading.Thread(target=verify_on, args=(one,), daemon=True) for one in caches]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        ended.set()
        for thread in threads:
            thread.join(60)


def _verdict(cache: KeyCache, token: str) -> str:
    """A replaced process may close a connection: then the keys are fetched again, as by a proxy."""
    for _ in range(100):
        try:
            cache.verify(token)
        except OSError:
            time.sleep(0.05)
        except (jwt.PyJWTError, JoseError, ValueError) as error:
            return f"refused: {type(error).__name__}"
        else:
            return "accepted"
    return "no keys"
