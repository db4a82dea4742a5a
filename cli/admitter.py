"""The admitter process: ticks, and now and then brings Postgres's word to the line."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from cli.follower import Follower
from cli.settings import AdmitterSettings
from cli.steersman import Steersman
from cli.tracing import open_tracing
from issuance.catalogue import Offer, offers
from issuance.conveyor import Conveyor, open_conveyor
from issuance.database import Engine, open_engine
from issuance.desk import Backlog, Desk, DeskLimits
from issuance.draws import keep_draw
from issuance.errors import OfficeError
from issuance.holdings import expire_stale
from waitroom.admitter import Admitter
from waitroom.errors import LineError
from waitroom.line import Line, open_line
from web.settling import settle

log = structlog.get_logger(__name__)

SETTLE_EVERY_S = 1.0
EXPIRE_EVERY_S = 60.0
TROUBLE_REST_S = 0.5
DRAW_AGAIN_S = 0.05  # Redis' clock says when a room opens, and may be behind ours
# After its end a room is served until everybody is told, and remembered for a week.
RETIRE_AFTER = timedelta(hours=1)
KEEP_S = 7 * 24 * 3600
REDIS_TIMEOUT_S = 2.0


class DeskByTheLine:
    """The desk as the admitter's destination; the border between async and sync is here.

    follower: who says by which requests those came who are fed, or nobody.
    """

    def __init__(self, desk: Desk, follower: Follower | None = None) -> None:
        self._desk = desk
        self._follower = follower
        self.is_open = True

    async def free_seats(self) -> int:
        """None while Postgres is away: nobody is called up to a counter where nobody works."""
        return await asyncio.to_thread(self._desk.free_seats) if self.is_open else 0

    async def feed(self, code: str, members: Sequence[str]) -> None:
        if self._follower is None:
            await asyncio.to_thread(self._desk.feed, code, members)
        else:
            await self._follower.feed(self._desk, code, members)

    async def backlog(self, now: datetime) -> Backlog:
        return await asyncio.to_thread(self._desk.backlog, now)


async def run_admitter(settings: AdmitterSettings) -> None:
    """Admit until SIGTERM or SIGINT; the tick under way is finished first."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    line = open_line(settings.REDIS_URL, timeout_s=REDIS_TIMEOUT_S)
    conveyor = open_conveyor(settings.queue_redis_url, timeout_s=REDIS_TIMEOUT_S)
    engine = open_engine(settings.DATABASE_URL, connections_max=1, name="admitter")
    tracing = open_tracing(settings.OTEL_EXPORTER_OTLP_ENDPOINT, "admitter")
    follower = Follower(line.origins, tracing, logs=settings.LOG_REQUESTS)
    desk = DeskByTheLine(_desk(conveyor, settings), follower if settings.follows else None)
    admitter = Admitter(line, desk, lease_s=settings.LEASE_S)
    chores = Chores(engine, line, desk)
    steersman = Steersman(line, desk)
    log.info("admitting")
    try:
        await asyncio.gather(
            _again_and_again(admitter.tick, stop),
            _again_and_again(chores.do, stop),
            _again_and_again(steersman.do, stop),
        )
    finally:
        await line.aclose()
        conveyor.close()
        engine.dispose()
        if tracing is not None:
            tracing.close()
    log.info("stopped")


def _desk(conveyor: Conveyor, settings: AdmitterSettings) -> Desk:
    limits = DeskLimits(
        batch_max=settings.BATCH_MAX,
        backlog_max=settings.BACKLOG_MAX,
        job_timeout_s=settings.JOB_TIMEOUT_S,
    )
    return Desk(conveyor, queue=settings.QUEUE_NAME, limits=limits)


async def _again_and_again(work: Callable[[], Awaitable[float]], stop: asyncio.Event) -> None:
    """Do the work, rest as long as it says, and go on when a part is away: that is said once."""
    trouble: str | None = None
    while not stop.is_set():
        try:
            rest_s = await work()
            if trouble:
                log.info("all is well again")
            trouble = None
        except (LineError, OfficeError) as error:
            kind, rest_s = type(error).__name__, TROUBLE_REST_S
            if kind != trouble:
                log.warning("a part is away; trying again", part=kind, cause=repr(error.__cause__))
            trouble = kind
        if rest_s > 0:
            await _rest(stop, rest_s)


async def _rest(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


class Chores:
    """What is brought from Postgres to the line, and kept tidy there, over one connection."""

    def __init__(self, engine: Engine, line: Line, desk: DeskByTheLine) -> None:
        self._engine = engine
        self._line = line
        self._desk = desk
        self._expire_at = 0.0

    async def do(self) -> float:
        """One round; seconds until the next. The desk is closed while Postgres is away."""
        try:
            found = await asyncio.to_thread(offers, self._engine)
        except OfficeError:
            self._desk.is_open = False
            raise
        self._desk.is_open = True
        await self._settle(found)
        rest_s = await self._draw(found)
        clock = asyncio.get_running_loop().time()
        if clock >= self._expire_at:
            await asyncio.to_thread(expire_stale, self._engine, datetime.now(UTC))
            self._expire_at = clock + EXPIRE_EVERY_S
        return rest_s

    async def _draw(self, found: Sequence[Offer]) -> float:
        """Write down the order of lobbies that have just opened; until then nobody is let through.

        Returns seconds until there is something to do again.
        """
        rest_s = SETTLE_EVERY_S
        for offer in found:
            if offer.room is None or offer.room.opening != "draw" or offer.drawn is not None:
                continue
            code = offer.coupon.code
            now = datetime.now(UTC)
            opens_in_s = (offer.coupon.opens_at - now).total_seconds()
            members = await self._line.lobby(code) if opens_in_s <= 0 else None
            if members is None:
                rest_s = min(rest_s, max(opens_in_s, DRAW_AGAIN_S))
                continue
            drawn = await asyncio.to_thread(keep_draw, self._engine, code, members, now)
            log.info("the lobby was drawn", room=code, entrants=len(members))
            await settle(self._line, drawn)
        return rest_s

    async def _settle(self, found: Sequence[Offer]) -> None:
        """Rooms' settings live in Postgres; a line that lost or missed them gets them back here."""
        now = datetime.now(UTC)
        for offer in found:
            if now < offer.coupon.expire_date + RETIRE_AFTER:
                await settle(self._line, offer)
            else:
                await self._line.retire(offer.coupon.code, keep_s=KEEP_S)
