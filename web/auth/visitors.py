"""Visitors: browsers without an account, each known by a signed cookie.

A visitor is a member only in front of a site: coupons are for members whom a shop has named.
Anybody can be any number of visitors, one for each cookie jar, so what bounds them is the limit of
requests by address, and a room's proof of work.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from uuid import uuid4

from itsdangerous import BadData, URLSafeSerializer
from starlette.responses import Response

from waitroom.tokens.ticket import SignedFields
from web.auth import cookies
from web.auth.member_tokens import Visitor

VISITOR_COOKIE = "visitor"
SALT = "waitroom.visitor"
AGE_MAX_S = 30 * 24 * 3600
_SIGNED = re.compile(r"[A-Za-z0-9_.-]{1,256}")
_ID = re.compile(r"v:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Visitors:
    """Signs visitors with the first of `secrets`, and accepts those of all.

    The methods' `secure`: whether browsers use TLS.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        signer = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        # itsdangerous signs with the last of its keys.
        self._signed = URLSafeSerializer(list(reversed(secrets)), salt=SALT, signer_kwargs=signer)
        self._fast = SignedFields(secrets, salt=SALT)

    @staticmethod
    def make() -> Visitor:
        """A new visitor."""
        return Visitor(f"v:{uuid4()}", "")

    def from_cookies(self, found: Mapping[str, str], *, secure: bool) -> Visitor | None:
        """The visitor of this browser, or None without a valid cookie."""
        text = found.get(cookies.cookie_name(VISITOR_COOKIE, secure=secure))
        return self.verify(text) if text else None

    def verify(self, text: str) -> Visitor | None:
        if not _SIGNED.fullmatch(text):
            return None
        try:
            fields = self._fast.loads(text) or self._signed.loads(text)
        except (BadData, ValueError):
            return None
        member_id = fields[0] if isinstance(fields, list) and len(fields) == 1 else None
        if not isinstance(member_id, str) or not _ID.fullmatch(member_id):
            return None
        return Visitor(member_id, "")

    def sign(self, visitor: Visitor) -> str:
        """The cookie's text."""
        signed = self._signed.dumps([visitor.id])
        return signed if isinstance(signed, str) else signed.decode()

    def set_cookie(self, response: Response, visitor: Visitor, *, secure: bool) -> None:
        cookies.set_cookie(
            response, VISITOR_COOKIE, self.sign(visitor), secure=secure, age_max_s=AGE_MAX_S
        )
