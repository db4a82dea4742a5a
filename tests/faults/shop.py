"""Shop: signs member tokens as a shop's JWT library does, by a right clock."""

from __future__ import annotations

import time
from collections.abc import Callable

import jwt

# Longer than a run takes, and shorter than a host may be ahead.
VALID_S = 240


def signer(secret: str) -> Callable[[str], str]:
    """A function that signs a token for a member."""

    def sign(member_id: str) -> str:
        now_s = int(time.time())
        times = {"iat": now_s, "nbf": now_s, "exp": now_s + VALID_S}
        return jwt.encode({"sub": member_id, **times}, secret)

    return sign
