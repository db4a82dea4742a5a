"""Signed in: makes session cookies without a sign-in."""

from __future__ import annotations

import time

from web.auth.member_tokens import Visitor
from web.auth.sessions import Sessions


def session_of(sessions: Sessions, member_id: str = "alice", name: str | None = None) -> str:
    """The value of this member's session cookie, which begins now."""
    visitor = Visitor(member_id, name or member_id)
    return sessions.sign(sessions.begin(visitor, int(time.time() * 1_000_000)))
