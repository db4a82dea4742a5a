"""FailoverRepair: issues again what Postgres lost in a failover, before admission continues."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog

from application.each_room import EachRoom
from application.report_outcomes import make_outcome
from domain.differences import EXAMPLES_MAX, told_without_row
from domain.refusals import CouponLost, Refusal
from domain.unix_time import from_us
from issuance import audit, issued_coupons
from issuance.errors import NoSuchCoupon
from issuance.issue import Issued, issue
from issuance.postgres.clock import read_clock
from issuance.postgres.engine import Engine
from waitroom.line import Line

log = structlog.get_logger(__name__)

WHO = "failover repair"
# A worker that committed on the old primary may report only now.
LATE_REPORT_S = 1.0
LEASE_S = 15.0


class FailoverRepair:
    """Compares all issued outcomes with Postgres whenever its history is another than remembered.

    A standby that replicates asynchronously lacks the last commits of the old primary. Their
    members were told "issued", so they come before anybody who is admitted later: issuing again
    gives them the same coupon ids. Any number may run: each step is idempotent. engine: needs one
    connection. must_stop: whether the process ends; then it leaves the rest to the next one.
    """

    def __init__(self, line: Line, engine: Engine, must_stop: Callable[[], bool]) -> None:
        self._line = line
        self._engine = engine
        self._must_stop = must_stop
        self._known = ""

    def is_done(self, history: str) -> bool:
        """Whether this history was compared. True for "": Postgres does not tell it."""
        return history in ("", self._known)

    async def run(self, history: str) -> bool:
        """Repair if need be, and remember the history; False if the process ends before.

        Raises LineError, OfficeError; another error of one room after all rooms are done.
        """
        remembered = await self._line.audit.timeline.get()
        if remembered not in (None, history):
            log.warning("Postgres failed over: comparing all outcomes", old=remembered, new=history)
            await self._repair_all()
            await asyncio.sleep(LATE_REPORT_S)
            await self._repair_all()
        if self._must_stop():
            return False
        await self._line.audit.timeline.set(history)
        self._known = history
        return True

    async def _repair_all(self) -> None:
        rooms = EachRoom()
        for code in await self._line.codes():
            await rooms.attempt(code, self._repair_room(code))
        rooms.raise_first()

    async def _repair_room(self, code: str) -> None:
        find = issued_coupons.find_held_by
        async for told in self._line.audit.scan_issued(code):
            if self._must_stop():
                return
            try:
                held = await asyncio.to_thread(find, self._engine, code, told)
            except NoSuchCoupon:
                log.error("Postgres has no such coupon: was it created just now?", room=code)
                return
            missing = [one.subject for one in told_without_row(told, held)]
            if missing:
                await self._issue_again(code, missing)

    async def _issue_again(self, code: str, members: Sequence[str]) -> None:
        """Issue and report as a worker does; whom Postgres refuses has lost their coupon.

        Writes the audit entry first: it must exist even if the process ends half way. Members are
        admitted again meanwhile, so a worker issues to them if this process ends.
        """
        await self._note("issued coupons missing after a failover", code, members)
        await self._line.audit.retract(code, members)
        admitted = await self._line.audit.lease(code, members, for_s=LEASE_S)
        times = [from_us(at_us) for at_us in admitted.values()]
        issued = await asyncio.to_thread(
            issue, self._engine, code, list(admitted), admitted_at=times
        )
        lost = [one for one, got in issued.outcomes.items() if isinstance(got, Refusal)]
        if lost:
            await self._note("issued coupons lost in a failover", code, lost)
            log.error("coupons lost: no stock to issue them again", room=code, members=len(lost))
        await self._report(issued)
        log.warning("issued again after a failover", room=code, members=len(admitted) - len(lost))

    async def _report(self, issued: Issued) -> None:
        outcomes = {
            member: make_outcome(
                CouponLost() if isinstance(got, Refusal) else got,
                issued.code,
                issued.admitted_at[member],
            )
            for member, got in issued.outcomes.items()
        }
        await self._line.report(issued.code, issued.used_count, outcomes)

    async def _note(self, what: str, code: str, members: Sequence[str]) -> None:
        about = {"count": len(members), "members": list(members[:EXAMPLES_MAX])}
        now = await asyncio.to_thread(read_clock, self._engine)
        await asyncio.to_thread(audit.note, self._engine, WHO, what, code, about, now)
