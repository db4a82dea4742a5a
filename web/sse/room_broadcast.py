"""Everybody in this process who follows one room, served by one reading a beat."""

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
from web.sse import interval
from web.sse.changes import common_state, notable_state, time_group
from web.sse.stream import Stream

log = structlog.get_logger(__name__)

# Members in one reading: a few milliseconds in which Redis serves nobody else.
READ_MAX = 500
# After so long of telling, this process serves others too.
TELL_S = 0.008
# Of a beat, over which its readings are spread.
SPREAD = 0.8
UNDISTURBED_S = 0.02


class RoomBroadcast:
    """Has one task, however many follow; none when nobody does."""

    def __init__(self, code: str, line: Line) -> None:
        self.beat = interval.Interval(interval.BEAT_S)
        self._code = code
        self._line = line
        self._streams: dict[Stream, None] = {}
        self._task: asyncio.Task[None] | None = None
        self._turn: tuple[object, ...] | None = None
        self._is_away = False
        self._hurries = False

    def __len__(self) -> int:
        return len(self._streams)

    def join(self, stream: Stream, standing: MemberStatus | None) -> None:
        """Follow from here on; `standing` has been told, or that the line is away."""
        if standing is not None:
            facts = standing.facts
            stream.told = notable_state(standing, common_state(facts))
            stream.due_at = time.monotonic() + stream_interval_s(standing)
        self._streams[stream] = None
        if self._task is None:
            self._task = asyncio.create_task(self._follow())

    def leave(self, stream: Stream) -> None:
        self._streams.pop(stream, None)

    def end_sessions(self, is_over: Callable[[Visitor], bool]) -> None:
        """Tell those whose session is over, and close their streams."""
        for stream in list(self._streams):
            if stream.session is not None and is_over(stream.session):
                stream.end_session()
                self.leave(stream)

    def end(self) -> None:
        """Close all streams; their owners ask another process."""
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
                    await asyncio.sleep(self.beat.lasts_s)
        finally:
            self._task = None

    async def _run_once(self) -> None:
        """Read those who are due, a part at a time and spread over the beat; then rest."""
        began = time.monotonic()
        lasts_s, hurries, self._hurries = self.beat.lasts_s, self._hurries, False
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
            self.beat.passed(worked_s=worked_s, late_s=sum(late_s) / len(late_s))

    def _keep(self) -> None:
        now_s = time.monotonic()
        for stream in list(self._streams):
            if stream.is_stuck(now_s):
                stream.cut()
                self.leave(stream)
            else:
                stream.keep_alive(now_s)

    def _due(self, until_s: float, *, everybody: bool) -> list[Stream]:
        """Who is to be looked up in this beat; somebody always, so that no turn is missed."""
        if everybody:
            return list(self._streams)
        due = [stream for stream in self._streams if stream.due_at < until_s]
        return due or list(self._streams)[:1]

    async def _read(self, streams: list[Stream]) -> bool:
        """Tell these what is new; False where the beat is over, as the line is away or turned."""
        try:
            standings = await self._standings(streams)
        except (LineAway, LineBusy, NoSuchRoom):
            await self._send_unreachable()
            return False
        except Exception as error:  # whatever it is, those who follow are not to wait for ever
            self._unexpected(error)
            return False
        facts = standings[0].facts
        self._look_at(facts)
        pairs = zip(streams, standings, strict=True)
        while self._send_some(pairs, facts):  # noqa: ASYNC110  # nothing is waited for here
            await asyncio.sleep(0)
        return not self._hurries

    async def _standings(self, streams: list[Stream]) -> list[MemberStatus]:
        """Where these stand. Whom the line has lost need not know of it to be back."""
        standings = await self._line.statuses(self._code, [stream.member_id for stream in streams])
        lost = [
            i
            for i, (stream, standing) in enumerate(zip(streams, standings, strict=True))
            if standing.is_missing and stream.teller.arrival_us
        ]
        if lost:
            tickets = [(streams[i].member_id, streams[i].teller.arrival_us) for i in lost]
            again = await self._line.recovery.restore(self._code, tickets)
            for i, standing in zip(lost, again, strict=True):
                standings[i] = standing
        if any(standing.kind == "untold" for standing in standings):
            raise LineAway
        return standings

    def _send_some(self, pairs: Iterator[tuple[Stream, MemberStatus]], facts: RoomFacts) -> bool:
        """As many as there is time for; whether that was not all of them."""
        common = common_state(facts)
        began_s = time.monotonic()
        with _undisturbed():
            for stream, standing in pairs:
                stream.due_at = began_s + stream_interval_s(standing)
                self._send(stream, standing, notable_state(standing, common))
                if time.monotonic() - began_s > TELL_S:
                    return True
        return False

    def _look_at(self, facts: RoomFacts) -> None:
        """Where the room has taken a turn, or is back, everybody is looked up at once."""
        turn = time_group(facts)
        self._hurries = self._is_away or self._turn not in (None, turn)
        self._turn, self._is_away = turn, False

    def _send(self, stream: Stream, standing: MemberStatus, news: int) -> None:
        if news == stream.told or stream.over:
            return
        stream.told = news
        try:
            message = stream.teller.message(standing, stream.member_id)
        except Problem:
            stream.end()  # no longer in line: the client's next asking says so
        except Exception as error:  # one who can't be told holds up nobody else
            self._unexpected(error)
            stream.end()
        else:
            stream.send(message, last=standing.phase.is_final)

    def _unexpected(self, error: Exception) -> None:
        self._line.loop_errors.note("live")
        log.error("unexpected", room=self._code, exc_info=error)

    async def _send_unreachable(self) -> None:
        if self._is_away:
            return
        self._is_away = True
        began_s = time.monotonic()
        for stream in list(self._streams):
            message = stream.teller.unreachable(stream.member_id)
            if message is not None:
                stream.told = 0
                stream.send(message)
            if time.monotonic() - began_s > TELL_S:
                await asyncio.sleep(0)
                began_s = time.monotonic()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep the interpreter for the few milliseconds that this takes.

    The server's threads want it once for each message that has gone out. If they are let in between
    the messages, telling takes twice as long; if afterwards, it is one after the other.
    """
    before_s = sys.getswitchinterval()
    sys.setswitchinterval(UNDISTURBED_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before_s)


def _chunks(streams: list[Stream]) -> Iterator[list[Stream]]:
    for start in range(0, len(streams), READ_MAX):
        yield streams[start : start + READ_MAX]


async def _sleep_until(at_s: float) -> float:
    """How much later than asked for it went on."""
    await asyncio.sleep(max(0.0, at_s - time.monotonic()))
    return max(0.0, time.monotonic() - at_s)
