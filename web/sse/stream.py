"""Stream: one open response, with at most one message waiting behind the one being sent."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from starlette.types import Send

from web.auth.member_tokens import Visitor
from web.sse.events import EventWriter
from web.sse.read_interval import READ_INTERVAL_MAX_S

KEEP_ALIVE_COMMENT = b": still here\n\n"
# For pages, as scripts can't see a comment: shows that the connection is alive.
KEEP_ALIVE_EVENT = b"event: beat\ndata: 1\n\n"
# Proxies close silent connections; a read interval and a failed read may add to this.
KEEP_ALIVE_S = 10.0
# A page that receives nothing for this long reconnects: one interval may be late, and the next one
# still running.
QUIET_MAX_S = KEEP_ALIVE_S + 2 * READ_INTERVAL_MAX_S + 2.0
# A client that takes no message for this long is gone.
STUCK_S = 30.0


class Stream:
    """Sends without waiting: a slow client misses outdated messages, and delays nobody else.

    due_at: when the next read is due. sent_state: what was sent last, by `notable_state`. session:
    of the request; None for a token or a ticket.
    """

    __slots__ = (
        "_is_last", "_next", "_send", "_sending", "due_at", "member_id", "over", "sent_at",
        "sent_state", "session", "writer",
    )  # fmt: skip

    def __init__(
        self, send: Send, writer: EventWriter, member_id: str, session: Visitor | None = None
    ) -> None:
        self.session = session
        self.member_id = member_id
        self.writer = writer
        self.due_at = 0.0
        self.sent_state = 0
        self.sent_at = 0.0
        self.over = False
        self._send = send
        self._sending: asyncio.Future[None] | None = None
        self._next: bytes | None = None
        self._is_last = False

    @property
    def is_busy(self) -> bool:
        return self._sending is not None and not self._sending.done()

    def send(self, message: bytes, *, last: bool = False) -> None:
        """Send now, or after the message being sent, replacing any that waits."""
        if self.over:
            return
        self.over = last
        if self.is_busy:
            assert self._sending is not None
            if self._next is None:
                self._sending.add_done_callback(self._sent)
            self._next, self._is_last = message, last
        else:
            self._begin(message, last)

    def end(self) -> None:
        """End the response, and drop a waiting message."""
        self.send(b"", last=True)

    def end_session(self) -> None:
        """End the response, as its session has ended; a page gets a last message."""
        self.send(self.writer.signed_out() or b"", last=True)

    def is_stuck(self, now_s: float) -> bool:
        """Whether the client has taken no message for long."""
        return now_s - self.sent_at > STUCK_S and self.is_busy

    def keep_alive(self, now_s: float) -> None:
        """Keep proxies from closing the connection, where nothing else was sent lately."""
        if now_s - self.sent_at > KEEP_ALIVE_S and not self.over and not self.is_busy:
            if self.writer.repeats:
                self._begin(KEEP_ALIVE_EVENT, last=False)
                self.sent_state = 0  # so that the next read is sent
            else:
                self._begin(KEEP_ALIVE_COMMENT, last=False)

    def abort(self) -> None:
        """End the response without waiting for a client that does not read."""
        assert self._sending is not None
        self._next = None
        self.over = True
        self._sending.cancel()
        self._begin(b"", last=True)

    def _begin(self, message: bytes, last: bool) -> None:
        self.sent_at = time.monotonic()
        event = {"type": "http.response.body", "body": message, "more_body": not last}
        # Granian returns a future and sends whether or not it is awaited, so this needs no task and
        # no callback unless the client is slow. Other servers return coroutines.
        self._sending = asyncio.ensure_future(self._send(event))

    def _sent(self, sending: asyncio.Future[Any]) -> None:
        if sending.cancelled() or sending.exception() is not None:
            self.over, self._next = True, None
        elif self._next is not None:
            message, self._next = self._next, None
            self._begin(message, self._is_last)
