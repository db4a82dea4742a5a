"""Draw: the order of a lobby that nobody can choose and anybody can check.

The seed is drawn when the room is made; its SHA-256 is shown before the opening and the seed
afterwards (commit and reveal). Each member's number follows from it: the first 50 bits of
HMAC-SHA256(seed, member id), and the smallest number stands first.
"""

from __future__ import annotations

import hashlib
import hmac

SEED_BYTES = 32
# Numbers lie below this, arrivals (microseconds since 1970) above: whoever was drawn stands before
# whoever came later, in one line. Both are whole in a double, which is what a score is.
NUMBER_BITS = 50
NUMBERS = 1 << NUMBER_BITS


def draw_number(seed: bytes, member_id: str) -> int:
    """The member's number, from 0 to NUMBERS - 1."""
    mac = hmac.digest(seed, member_id.encode(), "sha256")
    return int.from_bytes(mac[:8], "big") >> (64 - NUMBER_BITS)


def seed_commitment(seed: bytes) -> str:
    """What is shown before the opening: the seed's SHA-256, in hex."""
    return hashlib.sha256(seed).hexdigest()
