"""SessionWatch: reads ended sessions from Redis once a second, and ends their streams."""

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

READ_EVERY_S = 1.0
# Once in this many reads, also check all streams for expired sessions.
READS_PER_EXPIRY_CHECK = 5


class SessionWatch:
    """One per process. Requests check a session against its result, without a read of Redis."""

    def __init__(self, sessions: Sessions, line: Line, streams: StreamConnections) -> None:
        self._sessions = sessions
        self._line = line
        self._streams = streams
        self._reads = count()

    async def run_forever(self) -> None:
        """Read once a second until cancelled."""
        while True:
            await asyncio.sleep(READ_EVERY_S)
            try:
                await self.run_once()
            except Exception as error:
                self._line.loop_errors.note("sessions")
                log.error("error in a loop; trying again", loop="sessions", exc_info=error)

    async def run_once(self) -> None:
        """Read the sessions that ended since; without Redis, keep those already known."""
        try:
            is_news = await self._sessions.ended.refresh(self._line.sessions)
        except LineError:
            is_news = False
        if is_news or next(self._reads) % READS_PER_EXPIRY_CHECK == 0:
            self._streams.end_sessions(self._sessions.is_over)

    async def sign_out(self, visitor: Visitor) -> None:
        """End all sessions of this member: in this process at once, in others within a second.

        Raises LineAway, and then has ended none.
        """
        at_us = await self._line.sessions.end(
            visitor.id, began_us=visitor.signed_in_us, age_max_s=self._sessions.age_max_s
        )
        self._sessions.ended.note(visitor.id, at_us)
        self._streams.end_sessions(self._sessions.is_over)


def get_session_watch(request: Request) -> SessionWatch:
    return cast(SessionWatch, request.app.state.session_watch)
