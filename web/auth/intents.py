"""EnterIntents: remember in a signed cookie that a browser asked to enter before it signed in."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from itsdangerous import BadData
from starlette.responses import Response

from domain.coupon import is_code
from web.auth import cookies
from web.auth.timed_serializer import TimedSerializer

INTENT_COOKIE = "intent"
# The only page that reads it.
PATH = "/signed-in"
SALT = "waitroom.enter-intent"
# Long enough to sign in at a shop, with a forgotten password.
AGE_MAX_S = 900
LENGTH_MAX = 512


class EnterIntent(NamedTuple):
    """The wish to enter one room, made by its form. nonce: used once, then worth nothing."""

    room: str
    nonce: str


class EnterIntents:
    """Signs with the first of `secrets`, and accepts those of all. now: seconds since 1970."""

    def __init__(self, secrets: Sequence[str], *, now: Callable[[], float]) -> None:
        self._signed = TimedSerializer(secrets, salt=SALT, now=now)

    def sign(self, room: str) -> str:
        """The text of a new intent."""
        return self._signed.dumps([room, secrets.token_hex(16)])

    def verify(self, text: str) -> EnterIntent | None:
        """The intent, or None where it is forged or too old."""
        if len(text) > LENGTH_MAX:
            return None
        try:
            (room, nonce), _ = self._signed.loads(text, age_max_s=AGE_MAX_S)
        except (BadData, TypeError, ValueError):
            return None
        return EnterIntent(room, nonce) if is_code(room) else None

    def from_cookies(self, found: Mapping[str, str]) -> EnterIntent | None:
        text = cookies.kept(found, INTENT_COOKIE)
        return self.verify(text) if text else None

    def set_cookie(self, response: Response, room: str, *, secure: bool) -> None:
        cookies.set_cookie(
            response, INTENT_COOKIE, self.sign(room), secure=secure, age_max_s=AGE_MAX_S, path=PATH
        )

    @staticmethod
    def delete_cookie(response: Response, *, secure: bool) -> None:
        cookies.delete_cookie(response, INTENT_COOKIE, secure=secure, path=PATH)
