"""Signed in: sessions as a browser keeps them, without a sign-in."""

from __future__ import annotations

import time

from web.auth.member_tokens import Visitor
from web.auth.sessions import Sessions


def session_of(sessions: Sessions, member_id: str = "alice", name: str | None = None) -> str:
    """The text of this member's session, which begins now."""
    visitor = Visitor(member_id, name or member_id)
    return sessions.sign(sessions.begin(visitor, int(time.time() * 1_000_000)))
