"""Draw: a random order of the lobby that anybody can verify (commit and reveal).

The room's seed is generated when the room is created. The pages show its SHA-256 before the opening
and the seed afterwards. A member's number is the first 50 bits of HMAC-SHA256(seed, member id);
the smallest number is first.
"""

from __future__ import annotations

import hashlib
import hmac

SEED_BYTES = 32
# Numbers are below 2^50 and arrivals (microseconds since 1970) above: in one sorted set, drawn
# members come before later arrivals. A score is a double, which holds both exactly.
NUMBER_BITS = 50
NUMBERS = 1 << NUMBER_BITS


def draw_number(seed: bytes, member_id: str) -> int:
    """The member's number, from 0 to NUMBERS - 1."""
    mac = hmac.digest(seed, member_id.encode(), "sha256")
    return int.from_bytes(mac[:8], "big") >> (64 - NUMBER_BITS)


def seed_commitment(seed: bytes) -> str:
    """The seed's SHA-256 in hex, published before the opening."""
    return hashlib.sha256(seed).hexdigest()
