"""The admitter process: ticks, and now and then brings Postgres's word to the line."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial

import structlog

from application.apply_settings import settle
from application.autopilot_loop import Steersman
from application.clock_watch import watch_clocks
from application.consistency_check import Checker
from application.feed_log import Follower
from application.postgres_watchdog import Lookout
from application.reconcile import Queue
from application.recover_line import look_after
from domain.remote_clock import RemoteClock
from issuance.draws import keep_draw
from issuance.errors import OfficeError
from issuance.member_coupons import expire_stale
from issuance.offers import Offer, offers
from issuance.postgres.connection_stats import check
from issuance.postgres.engine import Engine, open_engine
from issuance.queue.job_queue import Backlog, Desk, DeskLimits, failed_jobs, forget_failed
from issuance.queue.redis_connection import Conveyor, open_conveyor
from issuance.retire import forget_line
from processes.deployment_watch import watch_deployment
from processes.loops import EachRoom, repeat
from processes.settings.reader import AdmitterSettings
from processes.store_checks import log_store_faults
from processes.tracing import open_tracing
from waitroom.admitter import Admitter
from waitroom.line import Line, open_line
from waitroom.stats.loop_errors import LoopErrors

log = structlog.get_logger(__name__)

SETTLE_EVERY_S = 1.0
EXPIRE_EVERY_S = 60.0
DRAW_AGAIN_S = 0.05  # after an opening, until the whole lobby can be read
# After its end a room is served until everybody is told, and remembered for a week.
RETIRE_AFTER = timedelta(hours=1)
KEEP_S = 7 * 24 * 3600
REDIS_TIMEOUT_S = 2.0
WAIT_S = 1.0


class DeskByTheLine:
    """The desk as the admitter's destination; the border between async and sync is here.

    follower: who says by which requests those came who are fed, or nobody.
    """

    def __init__(self, desk: Desk, follower: Follower | None = None) -> None:
        self._desk = desk
        self._follower = follower
        self.is_open = False  # until Postgres has answered

    async def free_seats(self) -> int:
        """0 while Postgres is away: nobody is called up to a counter where nobody works."""
        return await asyncio.to_thread(self._desk.free_seats) if self.is_open else 0

    async def feed(self, code: str, admitted: Mapping[str, int]) -> None:
        if self._follower is None:
            times = list(admitted.values())
            await asyncio.to_thread(self._desk.feed, code, list(admitted), times)
        else:
            await self._follower.feed(self._desk, code, admitted)

    async def backlog(self) -> Backlog:
        return await asyncio.to_thread(self._desk.backlog)


async def run_admitter(settings: AdmitterSettings) -> None:
    """Admit until SIGTERM or SIGINT; the tick under way is finished first.

    Raises BadSettings where Redis or the queue belongs to another deployment.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    engine = open_engine(settings.DATABASE_URL, connections_max=1, name="admitter")

    def end(_sentence: str) -> None:
        loop.call_soon_threadsafe(stop.set)

    try:
        with watch_deployment(settings, engine, end) as watch:
            known = False
            while not (known or stop.is_set()):
                known = await asyncio.to_thread(watch.wait, WAIT_S, stop.is_set)
            if known:
                await _admit(settings, engine, watch.deployment.id, stop)
            watch.raise_if_other()
    finally:
        engine.dispose()
    log.info("stopped")


async def _admit(
    settings: AdmitterSettings, engine: Engine, deployment: str, stop: asyncio.Event
) -> None:
    line = open_line(settings.REDIS_URL, timeout_s=REDIS_TIMEOUT_S)
    conveyor = open_conveyor(settings.queue_redis_url, timeout_s=REDIS_TIMEOUT_S)
    watched = open_engine(settings.DATABASE_URL, connections_max=1, name="lookout")
    tracing = open_tracing(settings.OTEL_EXPORTER_OTLP_ENDPOINT, "admitter")
    follower = Follower(line.origins, tracing, logs=settings.LOG_REQUESTS)
    desk_of_ours = _desk(conveyor, settings, deployment)
    desk = DeskByTheLine(desk_of_ours, follower if settings.follows else None)
    admitter = Admitter(line, desk, lease_s=settings.LEASE_S)
    lookout = Lookout(partial(check, watched), desk)
    clock_watch = watch_clocks("admitter", line, RemoteClock(), asyncio.to_thread, watched)
    chores = Chores(engine, line)
    steersman = Steersman(line, desk)
    queue = _queue(conveyor, settings, desk_of_ours)
    checker = Checker(line, engine, queue, desk, every_s=settings.RECONCILE_EVERY_S)
    with suppress(OfficeError):  # who steers is not to take a desk for closed that nobody looked at
        await lookout.do()
    storing = asyncio.create_task(log_store_faults(line, conveyor, watched))
    log.info("admitting")
    works = {
        "admit": admitter.tick,
        "watch_postgres": lookout.do,
        "settle": chores.do,
        "expire": chores.expire,
        "autopilot": steersman.do,
        "clocks": clock_watch.do,
    }
    checking = asyncio.create_task(_check_if_wanted(checker, settings, stop, line.loop_errors))
    try:
        await asyncio.gather(
            *(repeat(name, work, stop, line.loop_errors) for name, work in works.items())
        )
    finally:
        checking.cancel()  # it changes nothing, and may take minutes
        storing.cancel()
        await asyncio.wait({checking, storing})
        await line.aclose()
        conveyor.close()
        watched.dispose()
        if tracing is not None:
            tracing.close()


def _desk(conveyor: Conveyor, settings: AdmitterSettings, deployment: str) -> Desk:
    limits = DeskLimits(
        batch_max=settings.BATCH_MAX,
        backlog_max=settings.BACKLOG_MAX,
        job_timeout_s=settings.JOB_TIMEOUT_S,
    )
    return Desk(conveyor, queue=settings.QUEUE_NAME, limits=limits, deployment=deployment)


def _queue(conveyor: Conveyor, settings: AdmitterSettings, desk: Desk) -> Queue:
    name = settings.QUEUE_NAME
    return Queue(
        failed=partial(failed_jobs, conveyor, name),
        forget=partial(forget_failed, conveyor, name),
        feed=desk.feed,
    )


async def _check_if_wanted(
    checker: Checker, settings: AdmitterSettings, stop: asyncio.Event, errors: LoopErrors
) -> None:
    if settings.RECONCILE_EVERY_S > 0:
        await repeat("reconcile", checker.do, stop, errors)


class Chores:
    """What is brought from Postgres to the line, and kept tidy there, over one connection."""

    def __init__(self, engine: Engine, line: Line) -> None:
        self._engine = engine
        self._line = line
        self._connection = asyncio.Lock()

    async def do(self) -> float:
        """One round; seconds until the next. Raises OfficeError, LineError.

        Whatever else one room fails with is raised once all rooms have had their turn.
        """
        async with self._connection:
            rooms = EachRoom()
            found = await asyncio.to_thread(offers, self._engine)
            await self._settle(found, rooms)
            rest_s = await self._draw(found, rooms)
        rooms.raise_first()
        return rest_s

    async def expire(self) -> float:
        """Mark coupons that have expired; seconds until the next time. Raises OfficeAway."""
        async with self._connection:
            await asyncio.to_thread(expire_stale, self._engine)
        return EXPIRE_EVERY_S

    async def _draw(self, found: Sequence[Offer], rooms: EachRoom) -> float:
        """Write down the order of lobbies that have just opened; until then nobody is let through.

        Returns seconds until there is something to do again.
        """
        rest_s = SETTLE_EVERY_S
        for offer in found:
            if offer.room is None or offer.room.opening != "draw" or offer.drawn is not None:
                continue
            again_s = await rooms.attempt(offer.coupon.code, self._draw_one(offer))
            rest_s = min(rest_s, again_s or SETTLE_EVERY_S)
        return rest_s

    async def _draw_one(self, offer: Offer) -> float:
        """Draw it if its time has come; seconds until it is to be looked at again."""
        code, now = offer.coupon.code, await self._line.measure_clock()
        opens_in_s = (offer.coupon.opens_at - now).total_seconds()
        members = await self._line.lobby(code) if opens_in_s <= 0 else None
        if members is None:
            # Long after the opening it is a line that comes together again: no hurry.
            soon = opens_in_s > -SETTLE_EVERY_S
            return max(opens_in_s, DRAW_AGAIN_S) if soon else SETTLE_EVERY_S
        drawn = await asyncio.to_thread(keep_draw, self._engine, code, members, now)
        log.info("the lobby was drawn", room=code, entrants=len(members))
        await settle(self._line, drawn)
        return SETTLE_EVERY_S

    async def _retire(self, offer: Offer) -> None:
        """Its tickets bring nobody back any more."""
        if await self._line.retire(offer.coupon.code, keep_s=KEEP_S):
            await asyncio.to_thread(forget_line, self._engine, offer.coupon.id)

    async def _settle(self, found: Sequence[Offer], rooms: EachRoom) -> None:
        """Rooms' settings live in Postgres; a line that lost or missed them gets them back here."""
        now = await self._line.measure_clock()
        served = []
        for offer in found:
            if offer.room is None:
                continue
            code = offer.coupon.code
            if now < offer.coupon.expire_date + RETIRE_AFTER:
                await rooms.attempt(code, settle(self._line, offer))
                served.append(offer)
            else:
                await rooms.attempt(code, self._retire(offer))
        # All are served again before one of them takes its time to come together.
        for offer in served:
            await rooms.attempt(offer.coupon.code, look_after(self._line, self._engine, offer))
