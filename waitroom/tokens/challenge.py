"""Challenge: a small proof of work that a room may require of members who enter.

ALTCHA's open protocol, version 2 (altcha.org), by its own library: a browser tries numbers until
the key derived from one has the requested prefix. The challenge, its room and its expiry are
signed, so the server stores nothing until a solution is used; Redis then stores it until it
expires.
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
# The solver tries numbers from 1 to NUMBER_MAX with ITERATIONS each: half a second of one core on
# average. The server needs one try to make a challenge, and one HMAC to verify a solution.
ALGORITHM, ITERATIONS, NUMBER_MAX = "PBKDF2/SHA-256", 100, 10_000


class BadSolution(Exception):
    """This solution can't be accepted. Get a new challenge and solve that."""


class ExpiredSolution(BadSolution):
    """This solution is too old. Get a new challenge and solve that."""


class UsedSolution(BadSolution):
    """This solution was used before. Get a new challenge and solve that."""


class Solution(NamedTuple):
    """A verified solution, which may be used once: its name and expiry (s since 1970)."""

    name: str
    expires_at_s: int


class Challenges:
    """Signs challenges with the first secret, and verifies solutions with all."""

    def __init__(self, secrets: Sequence[str], *, now: Callable[[], float] = time.time) -> None:
        self._keys = [(_derived(one, "challenge"), _derived(one, "solution")) for one in secrets]
        self._now = now

    def make(self, room: str) -> dict[str, Any]:
        """A new challenge in the form that ALTCHA's widget and libraries take."""
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
        """The solution, to be used up on entering. Raises BadSolution, ExpiredSolution."""
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
    """Solve a challenge as a client does, for simulated crowds. Takes half a second."""
    asked = Challenge.from_dict(dict(challenge))
    solution = solve_challenge(asked)
    if solution is None:
        raise BadSolution
    return str(Payload(asked, solution).to_base64())


def _derived(secret: str, what: str) -> bytes:
    """A separate key for each use (like HKDF's expand, RFC 5869)."""
    return hmac.new(secret.encode(), f"waitroom.{what}".encode(), sha256).digest()
