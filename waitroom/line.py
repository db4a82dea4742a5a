"""Line: the rooms' waiting lines in Redis, with one method for each atomic move."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from datetime import datetime
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff

from domain.room import ROOM_KINDS, Room, RoomKind
from domain.stores.remote_clock import RemoteClock
from domain.unix_time import from_us
from topology.async_redis import open_async_redis
from waitroom.admission import Admission, Outcome, report_arguments
from waitroom.autopilot_state import AutopilotState
from waitroom.batcher import EnterBatch, RoomBatchers, entrant
from waitroom.check_lease import CheckLease
from waitroom.clock_skews import ClockSkews
from waitroom.errors import NoSuchRoom
from waitroom.limits.login_throttle import LoginThrottle
from waitroom.limits.rate_limiter import RateLimiter
from waitroom.line_audit import LineAudit
from waitroom.lobby import read_lobby
from waitroom.member_record import MemberRecords
from waitroom.member_sessions import MemberSessions
from waitroom.member_status import MemberStatus, parse_statuses
from waitroom.recovery import Recovery
from waitroom.redis_io.acknowledged import AcknowledgedEnter, Replication
from waitroom.redis_io.keys import Keys, rooms_key
from waitroom.redis_io.probe import Probe
from waitroom.redis_io.script_call import ScriptCall, ScriptConnections
from waitroom.redis_io.script_call import translate_redis_errors as _away
from waitroom.redis_io.scripts import by_member, script
from waitroom.request_ids import MemberRequestIds
from waitroom.room import settings_arguments
from waitroom.stats.loop_errors import LoopErrors
from waitroom.stats.metrics_snapshot import MetricsReader
from waitroom.stats.process_registry import ProcessRegistry
from waitroom.stats.room_stats import FIGURES_OVER_S, RoomStats, read_room_stats
from waitroom.stats.summary import RoomSummary, read_summary
from waitroom.stats.time_series import TimeSeries, read_series
from waitroom.tokens.challenge import Solution
from waitroom.visits.visits import Visits

REPORT_MAX = 500
STANDINGS_MAX = 500


def open_line(
    redis_url: str,
    *,
    connections_max: int = 8,
    timeout_s: float = 2.0,
    replication: Replication | None = None,
) -> Line:
    """A Line on a bounded pool of connections; every call ends within a few `timeout_s`.

    replication: where entering waits for replicas; it then has as many connections of its own.

    A retry is harmless: entering keeps the first place, and members admitted by a lost answer are
    in `admitted` and are enqueued again after their lease.
    """
    redis = open_async_redis(
        redis_url,
        connections_max=connections_max,
        timeout=timeout_s,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(ConstantBackoff(0.05), 1),
    )
    return Line(redis, replication)


class Line:
    """All rooms' lines on one Redis. Every method raises LineAway where Redis does not answer."""

    def __init__(self, redis: Redis, replication: Replication | None = None) -> None:
        self._redis = redis
        self.replication = replication
        self.clock = RemoteClock()
        self.clock_skews = ClockSkews(redis, self.clock)
        self.login_throttle = LoginThrottle(redis)
        self.sessions = MemberSessions(redis)
        moves = ("rate_limit", "enter", "place", "restore")
        self._connections = ScriptConnections(redis.connection_pool)
        calls = {move: ScriptCall(self._connections, script(move)) for move in moves}
        self.rate_limiter = RateLimiter(calls["rate_limit"])
        self.request_ids = MemberRequestIds(redis)
        pool = redis.connection_pool
        self._replicated = AcknowledgedEnter(pool, replication) if replication else None
        enter = EnterBatch(self._replicated or calls["enter"], self.request_ids)
        self._place = calls["place"]
        self._admit = redis.register_script(script("admit"))
        self._overdue = redis.register_script(script("claim_overdue"))
        self._report = redis.register_script(script("report"))
        self._leave = redis.register_script(script("leave"))
        self._apply_settings = redis.register_script(script("apply_settings"))
        self.autopilot = AutopilotState(redis)
        self.audit = LineAudit(redis)
        self.member_records = MemberRecords(redis)
        self.recovery = Recovery(redis, calls["restore"])
        self.visits = Visits(redis, self._connections)
        self.check_lease = CheckLease(redis)
        self.loop_errors = LoopErrors(redis)
        self.process_registry = ProcessRegistry(redis)
        self.probe = Probe(redis)
        self.metrics = MetricsReader(redis)
        self._add_latency = redis.register_script(script("add_latency"))
        self._entering = RoomBatchers(enter)
        self._asking = RoomBatchers(self._place_all)
        self._returning = RoomBatchers(self.recovery.restore)

    async def aclose(self) -> None:
        """Close the connections. Calls in progress raise LineAway."""
        await self._connections.aclose()
        if self._replicated is not None:
            await self._replicated.aclose()
        await self._redis.aclose()

    async def measure_clock(self) -> datetime:
        """Read Redis' time, and set `clock` by it."""
        asked_at_s = self.clock.monotonic()
        with _away():
            seconds, us = await self._redis.time()
        self.clock.observe(int(seconds) + int(us) / 1_000_000, asked_at_s)
        return from_us(int(seconds) * 1_000_000 + int(us))

    async def apply_settings(self, room: Room) -> bool:
        """Apply the room's settings; False where newer ones are in force, and for a draft.

        Where its watermark shows that Redis lost places, the room begins restoring.
        """
        if not room.has_line:
            return False
        keys, rooms = Keys(room.code).for_script("apply_settings"), rooms_key(room.kind)
        with _away():
            applied = await self._apply_settings(keys=keys, args=settings_arguments(room))
            if not await self._redis.sismember(rooms, room.code):
                # Persist the keys first: after a crash in between, the next process does it again.
                for key in Keys(room.code).all():
                    await self._redis.persist(key)
                await self._redis.sadd(rooms, room.code)
        return bool(applied)

    async def retire(self, code: str, *, keep_s: int) -> bool:
        """Stop serving a room that is over; its keys expire after `keep_s`.

        Applying its settings again brings it back. False where it was retired already.
        """
        with _away():
            removed = [await self._redis.srem(rooms_key(kind), code) for kind in ROOM_KINDS]
            if not any(removed):
                return False
            for key in Keys(code).all():
                await self._redis.expire(key, keep_s)
        return True

    async def codes(self, kind: RoomKind | None = None) -> list[str]:
        """The codes of the rooms that this Redis serves, sorted: of one kind, or of all."""
        kinds = ROOM_KINDS if kind is None else (kind,)
        with _away():
            found = [await self._redis.smembers(rooms_key(one)) for one in kinds]
        return sorted(_text(code) for codes in found for code in codes)

    # These return the batcher's coroutine itself: an `async def` around it would cost each request.
    def enter(
        self, code: str, member_id: str, origin: str = "", solved: Solution | None = None
    ) -> Coroutine[Any, Any, MemberStatus]:
        """Take a place, or keep the one already held. Raises NoSuchRoom, LineBusy.

        origin: the request's id, where requests are logged. solved: a challenge's solution, used up
        where the room asks for one.
        """
        who = entrant(member_id, origin, solved)
        return self._entering.batcher(code).submit(who)

    def place(self, code: str, member_id: str) -> Coroutine[Any, Any, MemberStatus]:
        """The member's status; notes that they are present. Raises NoSuchRoom, LineBusy."""
        return self._asking.batcher(code).submit(member_id)

    def restore(
        self, code: str, member_id: str, arrival_us: int
    ) -> Coroutine[Any, Any, MemberStatus]:
        """As `place`; a member whom the line has lost also gets their ticket's place back.

        Raises NoSuchRoom, LineBusy.
        """
        return self._returning.batcher(code).submit((member_id, arrival_us))

    async def statuses(self, code: str, members: Sequence[str]) -> list[MemberStatus]:
        """The status of each, in their order; in parts, so that Redis serves others in between.

        Raises NoSuchRoom.
        """
        found: list[MemberStatus] = []
        for start in range(0, len(members), STANDINGS_MAX):
            found += await self._place_all(code, members[start : start + STANDINGS_MAX])
        return found

    async def leave(self, code: str, member_id: str, ticket_us: int = 0) -> bool:
        """Give up a place; False where the member had none.

        ticket_us: the arrival on the member's ticket, which restores no place from now on.
        """
        arguments: list[str | int] = [member_id, max(0, ticket_us)]
        with _away():
            return bool(await self._leave(keys=Keys(code).for_script("leave"), args=arguments))

    async def admit(self, code: str, *, at_most: int, lease_s: float) -> Admission:
        """Admit members from the head of the line; each must get an outcome within `lease_s`."""
        with _away():
            reply = await self._admit(
                keys=Keys(code).for_script("admit"), args=[at_most, int(lease_s * 1_000_000)]
            )
        held_back_by, *rest = (word.decode() for word in reply)
        if not rest:
            return Admission((), held_back_by)
        admitted_at, *members = rest
        return Admission(tuple(members), held_back_by, int(admitted_at))

    async def overdue(self, code: str, *, at_most: int, lease_s: float) -> dict[str, int]:
        """Renew the lease of overdue members; returns when each was admitted (us)."""
        with _away():
            reply = await self._overdue(
                keys=Keys(code).for_script("claim_overdue"),
                args=[int(lease_s * 1_000_000), at_most],
            )
        return by_member(reply)

    async def report(
        self,
        code: str,
        used_count: int,
        outcomes: Mapping[str, Outcome],
        *,
        took_ms: float | None = None,
    ) -> int:
        """Store outcomes that Postgres has committed; returns how many were new.

        took_ms: the transaction's duration, where members waited for it.
        """
        keys, pairs, new = Keys(code).for_script("report"), list(outcomes.items()), 0
        for start in range(0, max(1, len(pairs)), REPORT_MAX):
            some = pairs[start : start + REPORT_MAX]
            arguments = report_arguments(used_count, took_ms, some)
            with _away():
                new += await self._report(keys=keys, args=arguments)
        return new

    async def room_stats(self, code: str, over_s: int = FIGURES_OVER_S) -> RoomStats:
        """The room's live figures, with rates over the last `over_s`. Scans nothing.

        Raises NoSuchRoom.
        """
        with _away():
            found = await read_room_stats(self._redis, Keys(code), over_s)
        if found is None:
            raise NoSuchRoom
        return found[0]

    async def series(self, code: str, seconds: int) -> TimeSeries:
        """Counts and latencies of each of the last seconds. Scans nothing. Raises NoSuchRoom."""
        with _away():
            found = await read_series(self._redis, Keys(code), seconds)
        if found is None:
            raise NoSuchRoom
        return found

    async def summary(self, code: str) -> RoomSummary:
        """Totals and waiting times since the room's beginning. Raises NoSuchRoom."""
        with _away():
            found = await read_summary(self._redis, Keys(code))
        if found is None:
            raise NoSuchRoom
        return found

    async def add_latency(
        self, code: str, what: str, steps: Mapping[int, int], *, took_s: float
    ) -> None:
        """Add one process' histogram of `what` (count by step), which took `took_s` in all."""
        arguments = [what, str(int(took_s * 1_000_000))]
        arguments += [str(number) for pair in steps.items() for number in pair]
        with _away():
            await self._add_latency(keys=Keys(code).for_script("add_latency"), args=arguments)

    async def lobby(self, code: str) -> list[str] | None:
        """The members of a lobby that draws, in the order drawn; None before the opening."""
        with _away():
            return await read_lobby(self._redis, Keys(code))

    async def _place_all(self, code: str, members: Sequence[str]) -> list[MemberStatus]:
        with _away():
            return parse_statuses(await self._place(Keys(code).for_script("place"), members))


def _text(word: bytes | str) -> str:
    return word if isinstance(word, str) else word.decode()
