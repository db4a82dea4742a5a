"""Stream: one open response, in which at most one message waits behind the one under way."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from starlette.types import Send

from web.auth.member_tokens import Visitor
from web.sse.events import EventWriter
from web.sse.interval import BEAT_MAX_S

STILL_HERE = b": still here\n\n"
# For a page: scripts can't see a comment, and notice by this that the connection lives.
BEAT_EVENT = b"event: beat\ndata: 1\n\n"
# Proxies cut what is silent for long; a beat and a reading that fails may come on top.
KEEP_ALIVE_S = 10.0
# A page that has heard nothing for so long takes the connection for dead: a beat may be late, and
# the next one on its way.
QUIET_MAX_S = KEEP_ALIVE_S + 2 * BEAT_MAX_S + 2.0
# Whoever has not taken a message for so long is gone, or will come back.
STUCK_S = 30.0


class Stream:
    """Sends without waiting: a reader who is slow misses what was overtaken, and holds up nobody.

    due_at: when the line is to be asked for them again. told: what they know, as `notable_state`
    has it. session: by which it was asked for; None where it was by a token or a ticket.
    """

    __slots__ = (
        "_is_last", "_next", "_send", "_sending", "due_at", "member_id", "over", "sent_at",
        "session", "teller", "told",
    )  # fmt: skip

    def __init__(
        self, send: Send, teller: EventWriter, member_id: str, session: Visitor | None = None
    ) -> None:
        self.session = session
        self.member_id = member_id
        self.teller = teller
        self.due_at = 0.0
        self.told = 0
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
        """Send it now, or as soon as the one under way has gone, instead of any that waits."""
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
        """No more comes, and what waits is let go."""
        self.send(b"", last=True)

    def end_session(self) -> None:
        """Its session has ended: the page is told so, a program comes again and is."""
        self.send(self.teller.signed_out() or b"", last=True)

    def is_stuck(self, now_s: float) -> bool:
        """Whether nothing was taken for long."""
        return now_s - self.sent_at > STUCK_S and self.is_busy

    def keep_alive(self, now_s: float) -> None:
        """Let proxies see that it lives, where nothing else did lately."""
        if now_s - self.sent_at > KEEP_ALIVE_S and not self.over and not self.is_busy:
            if self.teller.repeats:
                self._begin(BEAT_EVENT, last=False)
                self.told = 0  # so that the next reading is news
            else:
                self._begin(STILL_HERE, last=False)

    def cut(self) -> None:
        """End without waiting for a reader who does not read."""
        assert self._sending is not None
        self._next = None
        self.over = True
        self._sending.cancel()
        self._begin(b"", last=True)

    def _begin(self, message: bytes, last: bool) -> None:
        self.sent_at = time.monotonic()
        event = {"type": "http.response.body", "body": message, "more_body": not last}
        # Granian gives a future of its own and sends whether or not anybody waits for it: no task,
        # and nothing to call back unless the reader is slow. Other servers give coroutines.
        self._sending = asyncio.ensure_future(self._send(event))

    def _sent(self, sending: asyncio.Future[Any]) -> None:
        if sending.cancelled() or sending.exception() is not None:
            self.over, self._next = True, None
        elif self._next is not None:
            message, self._next = self._next, None
            self._begin(message, self._is_last)
