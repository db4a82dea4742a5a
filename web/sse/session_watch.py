"""Session watch: once a second, one process reads who has signed out, and ends their streams."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import cast

import structlog
from fastapi import Request

from waitroom.errors import LineError
from waitroom.line import Line
from web.auth.member_tokens import Visitor
from web.auth.sessions import Sessions
from web.sse.connections import StreamConnections

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 1.0
# Of so many looks one goes through all streams for sessions whose time is over, too.
LOOKS_FOR_TIME = 5


class SessionWatch:
    """For one process; nothing that a request waits for reads here."""

    def __init__(self, sessions: Sessions, line: Line, hub: StreamConnections) -> None:
        self._sessions = sessions
        self._line = line
        self._hub = hub
        self._looks = count()

    async def run_forever(self) -> None:
        """For as long as the process serves."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self.run_once()
            except Exception as error:
                self._line.loop_errors.note("sessions")
                log.error("unexpected in a loop; trying again", loop="sessions", exc_info=error)

    async def run_once(self) -> None:
        """Read what is new. While Redis is away what is known stays in force."""
        try:
            is_news = await self._sessions.ended.refresh(self._line.sessions)
        except LineError:
            is_news = False
        if is_news or next(self._looks) % LOOKS_FOR_TIME == 0:
            self._hub.end_sessions(self._sessions.is_over)

    async def sign_out(self, visitor: Visitor) -> None:
        """End all sessions of this member: here at once, elsewhere within a second.

        Raises LineAway: then none has ended.
        """
        at_us = await self._line.sessions.end(
            visitor.id, began_us=visitor.signed_in_us, age_max_s=self._sessions.age_max_s
        )
        self._sessions.ended.note(visitor.id, at_us)
        self._hub.end_sessions(self._sessions.is_over)


def get_session_watch(request: Request) -> SessionWatch:
    return cast(SessionWatch, request.app.state.session_watch)
