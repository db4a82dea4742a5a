"""Challenge: a small proof of work that a room may ask for before anybody enters.

ALTCHA's open protocol, version 2 (altcha.org), by its own library: a browser tries numbers until
the key derived from one begins as asked. What is asked, for which room and until when, is signed,
so nothing is stored until a solution is used; Redis then remembers it as long as it would be good.
"""

from __future__ import annotations

import hmac
import secrets as chance
import time
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from altcha import Challenge, Payload, create_challenge, solve_challenge, verify_solution

SOLUTION_LENGTH_MAX = 2_048
CHALLENGE_AGE_MAX_S = 600
# A number from 1 to NUMBER_MAX is to be found, each try costing ITERATIONS: half a second of one
# core on average. Our own part is one try when it is made, and an HMAC when it is solved.
ALGORITHM, ITERATIONS, NUMBER_MAX = "PBKDF2/SHA-256", 100, 10_000


class BadSolution(Exception):
    """This solution can't be accepted. Get a new challenge and solve that."""


class ExpiredSolution(BadSolution):
    """This solution is too old. Get a new challenge and solve that."""


class UsedSolution(BadSolution):
    """This solution was used before. Get a new challenge and solve that."""


class Solution(NamedTuple):
    """A solution that is good once: its name, and until when (s since 1970)."""

    name: str
    expires_at_s: int


class Challenges:
    """Signs challenges under the first secret, and reads solutions under all."""

    def __init__(self, secrets: Sequence[str], *, now: Callable[[], float] = time.time) -> None:
        self._keys = [(_derived(one, "challenge"), _derived(one, "solution")) for one in secrets]
        self._now = now

    def make(self, room: str) -> dict[str, Any]:
        """As ALTCHA's widget and libraries take it."""
        secret, key_secret = self._keys[0]
        challenge = create_challenge(
            ALGORITHM,
            ITERATIONS,
            counter=1 + chance.randbelow(NUMBER_MAX),
            expires_at=int(self._now()) + CHALLENGE_AGE_MAX_S,
            data={"room": room},
            hmac_secret=secret,
            hmac_key_secret=key_secret,
        )
        return dict(challenge.to_dict())

    def verify(self, text: str, *, room: str) -> Solution:
        """What is to be used up. Raises BadSolution, ExpiredSolution."""
        if len(text) > SOLUTION_LENGTH_MAX:
            raise BadSolution
        try:
            payload = Payload.from_base64(text)
            asked = payload.challenge.parameters
            if asked.data != {"room": room}:
                raise BadSolution
            expires_at_s = int(asked.expires_at or 0)
            if any(self._is_good(payload, *keys) for keys in self._keys):
                if expires_at_s <= self._now():
                    raise ExpiredSolution
                return Solution(str(payload.challenge.signature)[:32], expires_at_s)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise BadSolution from error
        raise BadSolution

    @staticmethod
    def _is_good(payload: Payload, secret: bytes, key_secret: bytes) -> bool:
        found = verify_solution(payload, secret, hmac_key_secret=key_secret)
        if found.expired:
            raise ExpiredSolution
        return bool(found.verified)


def solve(challenge: Mapping[str, Any]) -> str:
    """What a client sends: for crowds of our own, and as an example. Takes half a second."""
    asked = Challenge.from_dict(dict(challenge))
    solution = solve_challenge(asked)
    if solution is None:
        raise BadSolution
    return str(Payload(asked, solution).to_base64())


def _derived(secret: str, what: str) -> bytes:
    """A key of its own for each use (as HKDF's expand, RFC 5869)."""
    return hmac.new(secret.encode(), f"waitroom.{what}".encode(), sha256).digest()
