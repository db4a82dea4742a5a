"""Sessions: members' sessions as signed cookies.

A key derived from TICKET_SECRETS signs them, which no shop knows. A session ends at its age limit,
or when its member signs out on any device. Each process reads ended sessions from Redis once a
second (`web.sse.session_watch`), so a request needs only a dictionary lookup.

The previous release signed sessions with MEMBER_TOKEN_SECRETS, in a cookie of another name. For one
release these are still read and also written, so that processes of both releases can run together.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from itsdangerous import BadData, URLSafeSerializer
from starlette.responses import Response

from waitroom.tokens.ticket import SignedFields
from web.auth import cookies
from web.auth.ended_sessions import EndedSessions
from web.auth.member_tokens import Visitor
from web.auth.timed_serializer import TimedSerializer

SESSION_COOKIE = "member_session"
OLD_COOKIE = "session"
SALT = "waitroom.member-session"
AGE_MAX_S = 7 * 24 * 3600
LENGTH_MAX = 4_096
# A process caches this many signed sessions up to this length, in at most 30 MB.
SESSIONS_KEPT, KEPT_LENGTH_MAX = 32_768, 512
# Checked before itsdangerous decodes a signature: its decoder skips other characters.
_SIGNED = re.compile(rf"[A-Za-z0-9_.-]{{1,{LENGTH_MAX}}}")


class Sessions:
    """Signs sessions with the first of `secrets`, and accepts those of all.

    old_secrets: MEMBER_TOKEN_SECRETS. now: seconds since 1970. The methods' `secure`: whether
    browsers use TLS.
    """

    def __init__(
        self,
        secrets: Sequence[str],
        *,
        old_secrets: Sequence[str] = (),
        age_max_s: int = AGE_MAX_S,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.age_max_s = age_max_s
        self.ended = EndedSessions(age_max_s)
        self._now = now
        signer = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        # itsdangerous signs with the last of its keys.
        self._signed = URLSafeSerializer(list(reversed(secrets)), salt=SALT, signer_kwargs=signer)
        self._old = (
            TimedSerializer(old_secrets, salt="waitroom.session", now=now) if old_secrets else None
        )
        self._fast = SignedFields(secrets, salt=SALT)
        # Caches only sessions with a valid signature, so that attackers can't fill it.
        self._known = lru_cache(maxsize=SESSIONS_KEPT)(self._signed_session)

    def begin(self, visitor: Visitor, at_us: int, until_s: float | None = None) -> Visitor:
        """The member with a session from `at_us` to its age limit, or to `until_s` if earlier."""
        ends_s = int(self._now()) + self.age_max_s
        if until_s is not None:
            ends_s = min(ends_s, int(until_s))
        return replace(visitor, signed_in_us=at_us, until_s=ends_s)

    def sign(self, visitor: Visitor) -> str:
        """The cookie's text for a visitor from `begin`."""
        fields = [visitor.id, visitor.name, visitor.signed_in_us, visitor.until_s]
        return _text(self._signed.dumps(fields))

    def from_cookies(self, found: Mapping[str, str], *, secure: bool) -> Visitor | None:
        """The signed-in member, or None without a valid session."""
        if text := found.get(cookies.cookie_name(SESSION_COOKIE, secure=secure)):
            return self.verify(text)
        return self.verify_old(text) if (text := found.get(OLD_COOKIE)) else None

    def verify(self, text: str) -> Visitor | None:
        """The session's member, or None where it is invalid or over."""
        find = self._known if len(text) <= KEPT_LENGTH_MAX else self._signed_session
        try:
            visitor = find(text)
        except (BadData, TypeError, ValueError, OverflowError):
            return None
        # At each use, as a session ends after its signature was verified.
        return None if self.is_over(visitor) else visitor

    @property
    def kept(self) -> int:
        """How many sessions are cached."""
        return self._known.cache_info().currsize

    def _signed_session(self, text: str) -> Visitor:
        """The session as signed, also one that is over. Raises where it is not well signed."""
        if len(text) > LENGTH_MAX:
            raise BadData(text)
        fields = self._fast.loads(text)
        if fields is None:
            if not _SIGNED.fullmatch(text):
                raise BadData(text)
            fields = self._signed.loads(text)
        member_id, name, signed_in_us, until_s = fields
        return Visitor(str(member_id), str(name), int(signed_in_us), int(until_s))

    def verify_old(self, text: str) -> Visitor | None:
        """As `verify`, for a session of the previous release."""
        if self._old is None or not _SIGNED.fullmatch(text):
            return None
        try:
            (member_id, name), at_s = self._old.loads(text, age_max_s=self.age_max_s)
        except (BadData, TypeError, ValueError):
            return None
        visitor = Visitor(str(member_id), str(name), at_s * 1_000_000, at_s + self.age_max_s)
        return None if self.is_over(visitor) else visitor

    def is_over(self, visitor: Visitor) -> bool:
        """Whether the session has expired, or its member has signed out since."""
        now_s = self._now()
        return (
            now_s >= visitor.until_s
            or now_s >= visitor.signed_in_us / 1_000_000 + self.age_max_s
            or self.ended.covers(visitor.id, visitor.signed_in_us)
        )

    def set_cookie(self, response: Response, visitor: Visitor, *, secure: bool) -> None:
        """Set the session cookie, and the previous release's beside it."""
        self._keep(response, visitor, secure=secure)
        if self._old is None or visitor.until_s < int(self._now()) + self.age_max_s - 1:
            # The old form has no end but its age limit, so it would outlast this session.
            cookies.delete_cookie(response, OLD_COOKIE, secure=False)
            return
        response.set_cookie(
            OLD_COOKIE,
            self._old.dumps([visitor.id, visitor.name]),
            max_age=self.age_max_s,
            secure=secure,
            httponly=True,
            samesite="lax",
        )

    def renew_old_cookie(
        self, response: Response, found: Mapping[str, str], visitor: Visitor, *, secure: bool
    ) -> None:
        """Set the new cookie for a browser that has only the old one."""
        if cookies.cookie_name(SESSION_COOKIE, secure=secure) not in found:
            self._keep(response, visitor, secure=secure)

    def delete_cookie(self, response: Response, *, secure: bool) -> None:
        cookies.delete_cookie(response, SESSION_COOKIE, secure=secure)
        cookies.delete_cookie(response, OLD_COOKIE, secure=False)

    def _keep(self, response: Response, visitor: Visitor, *, secure: bool) -> None:
        cookies.set_cookie(
            response,
            SESSION_COOKIE,
            self.sign(visitor),
            secure=secure,
            age_max_s=max(0, visitor.until_s - int(self._now())),
        )


def _text(signed: str | bytes) -> str:
    return signed if isinstance(signed, str) else signed.decode()
