"""RoomBroadcast: one task reads the line once per interval for all streams of a room."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from waitroom.errors import LineAway, LineBusy, NoSuchRoom
from waitroom.line import Line
from waitroom.member_status import MemberStatus, RoomFacts
from waitroom.poll_interval import stream_interval_s
from web.auth.member_tokens import Visitor
from web.problems import Problem
from web.sse import read_interval
from web.sse.changes import common_state, notable_state, time_group
from web.sse.stream import Stream

log = structlog.get_logger(__name__)

# Members per read, which blocks Redis for a few milliseconds.
READ_MAX = 500
# The longest time of sending before the event loop serves other requests.
SEND_S = 0.008
# The part of an interval over which its reads are spread.
SPREAD = 0.8
SWITCH_INTERVAL_S = 0.02


class RoomBroadcast:
    """All streams of one room in this process. Has a task only while there are streams."""

    def __init__(self, code: str, line: Line) -> None:
        self.interval = read_interval.ReadInterval(read_interval.READ_INTERVAL_S)
        self._code = code
        self._line = line
        self._streams: dict[Stream, None] = {}
        self._task: asyncio.Task[None] | None = None
        self._time_group: tuple[object, ...] | None = None
        self._is_away = False
        self._hurries = False

    def __len__(self) -> int:
        return len(self._streams)

    def join(self, stream: Stream, standing: MemberStatus | None) -> None:
        """Add a stream. standing: as its first message showed it; None for an unreachable line."""
        if standing is not None:
            facts = standing.facts
            stream.sent_state = notable_state(standing, common_state(facts))
            stream.due_at = time.monotonic() + stream_interval_s(standing)
        self._streams[stream] = None
        if self._task is None:
            self._task = asyncio.create_task(self._follow())

    def leave(self, stream: Stream) -> None:
        self._streams.pop(stream, None)

    def end_sessions(self, is_over: Callable[[Visitor], bool]) -> None:
        """End the streams whose session is over, with a last message."""
        for stream in list(self._streams):
            if stream.session is not None and is_over(stream.session):
                stream.end_session()
                self.leave(stream)

    def end(self) -> None:
        """End all streams; their clients reconnect to another process."""
        for stream in list(self._streams):
            stream.end()
        self._streams.clear()

    async def _follow(self) -> None:
        try:
            while self._streams:
                try:
                    await self._run_once()
                except Exception as error:
                    self._unexpected(error)
                    await asyncio.sleep(self.interval.lasts_s)
        finally:
            self._task = None

    async def _run_once(self) -> None:
        """Read the members that are due, in parts spread over the interval; then rest."""
        began = time.monotonic()
        lasts_s, hurries, self._hurries = self.interval.lasts_s, self._hurries, False
        due = self._due(began + lasts_s, everybody=hurries)
        gap_s = 0.0 if hurries else lasts_s * SPREAD * READ_MAX / max(len(due), 1)
        worked_s, late_s = 0.0, []
        for number, some in enumerate(_chunks(due)):
            late_s.append(await _sleep_until(began + number * gap_s))
            part_began = time.monotonic()
            goes_on = await self._read(some)
            worked_s += time.monotonic() - part_began
            if not goes_on:
                break
        self._keep()
        if not self._hurries:
            late_s.append(await _sleep_until(began + lasts_s))
            self.interval.passed(worked_s=worked_s, late_s=sum(late_s) / len(late_s))

    def _keep(self) -> None:
        now_s = time.monotonic()
        for stream in list(self._streams):
            if stream.is_stuck(now_s):
                stream.abort()
                self.leave(stream)
            else:
                stream.keep_alive(now_s)

    def _due(self, until_s: float, *, everybody: bool) -> list[Stream]:
        """The streams to read for in this interval; at least one, to notice changes of the room."""
        if everybody:
            return list(self._streams)
        due = [stream for stream in self._streams if stream.due_at < until_s]
        return due or list(self._streams)[:1]

    async def _read(self, streams: list[Stream]) -> bool:
        """Send what is new; False to end the interval, without the line or after a room change."""
        try:
            standings = await self._standings(streams)
        except (LineAway, LineBusy, NoSuchRoom):
            await self._send_unreachable()
            return False
        except Exception as error:  # the task must survive, or its streams would hang
            self._unexpected(error)
            return False
        facts = standings[0].facts
        self._note_room(facts)
        pairs = zip(streams, standings, strict=True)
        while self._send_some(pairs, facts):  # noqa: ASYNC110  # yields to the loop, does not poll
            await asyncio.sleep(0)
        return not self._hurries

    async def _standings(self, streams: list[Stream]) -> list[MemberStatus]:
        """The members' statuses; restores places that the line has lost."""
        standings = await self._line.statuses(self._code, [stream.member_id for stream in streams])
        lost = [
            i
            for i, (stream, standing) in enumerate(zip(streams, standings, strict=True))
            if standing.is_missing and stream.writer.arrival_us
        ]
        if lost:
            tickets = [(streams[i].member_id, streams[i].writer.arrival_us) for i in lost]
            again = await self._line.recovery.restore(self._code, tickets)
            for i, standing in zip(lost, again, strict=True):
                standings[i] = standing
        if any(standing.kind == "untold" for standing in standings):
            raise LineAway
        return standings

    def _send_some(self, pairs: Iterator[tuple[Stream, MemberStatus]], facts: RoomFacts) -> bool:
        """Send to as many as SEND_S allows; True where some remain."""
        common = common_state(facts)
        began_s = time.monotonic()
        with _longer_switch_interval():
            for stream, standing in pairs:
                stream.due_at = began_s + stream_interval_s(standing)
                self._send(stream, standing, notable_state(standing, common))
                if time.monotonic() - began_s > SEND_S:
                    return True
        return False

    def _note_room(self, facts: RoomFacts) -> None:
        """Read for all streams at once after a change of the room or an outage."""
        group = time_group(facts)
        self._hurries = self._is_away or self._time_group not in (None, group)
        self._time_group, self._is_away = group, False

    def _send(self, stream: Stream, standing: MemberStatus, news: int) -> None:
        if news == stream.sent_state or stream.over:
            return
        stream.sent_state = news
        try:
            message = stream.writer.message(standing, stream.member_id)
        except Problem:
            stream.end()  # no longer in line: the client's next request shows it
        except Exception as error:  # one failing stream must not stop the others
            self._unexpected(error)
            stream.end()
        else:
            stream.send(message, last=standing.phase.is_final)

    def _unexpected(self, error: Exception) -> None:
        self._line.loop_errors.note("live")
        log.error("unexpected error", room=self._code, exc_info=error)

    async def _send_unreachable(self) -> None:
        if self._is_away:
            return
        self._is_away = True
        began_s = time.monotonic()
        for stream in list(self._streams):
            message = stream.writer.unreachable(stream.member_id)
            if message is not None:
                stream.sent_state = 0
                stream.send(message)
            if time.monotonic() - began_s > SEND_S:
                await asyncio.sleep(0)
                began_s = time.monotonic()


@contextmanager
def _longer_switch_interval() -> Iterator[None]:
    """Keep the GIL for the few milliseconds that sending takes.

    The server's threads need the GIL once for each message sent. Switching between the messages
    makes sending take twice as long.
    """
    before_s = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before_s)


def _chunks(streams: list[Stream]) -> Iterator[list[Stream]]:
    for start in range(0, len(streams), READ_MAX):
        yield streams[start : start + READ_MAX]


async def _sleep_until(at_s: float) -> float:
    """Sleep until then; returns the delay of the wake-up."""
    await asyncio.sleep(max(0.0, at_s - time.monotonic()))
    return max(0.0, time.monotonic() - at_s)
