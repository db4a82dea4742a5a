"""Tokens: real member tokens for a crowd of a million, made as a shop would, but faster."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Sequence

from waitroom.tokens.ticket import HmacKey
from web.auth.member_tokens import MemberTokens

VALID_S = 3_600


def tokens(secret: str, members: Sequence[str]) -> list[str]:
    """One for each. Raises BadToken if the product would not take the first."""
    made = list(_signed(secret, members))
    MemberTokens([secret], "").verify(made[0])
    return made


def _signed(secret: str, members: Sequence[str]) -> Iterator[str]:
    """HS256, RFC 7515; a library takes five times as long for each."""
    head = urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}')
    mac = HmacKey(secret.encode())
    expires = int(time.time()) + VALID_S
    for member_id in members:
        claims = json.dumps({"sub": member_id, "exp": expires})
        text = head + b"." + urlsafe_b64encode(claims.encode()).rstrip(b"=")
        yield (text + b"." + urlsafe_b64encode(mac.digest(text)).rstrip(b"=")).decode()
