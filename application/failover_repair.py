"""FailoverRepair: issues again what Postgres lost in a failover, before admission continues."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

import structlog

from application.each_room import EachRoom, is_unavailable
from application.report_outcomes import make_outcome
from domain.differences import EXAMPLES_MAX
from domain.issued_coupon import IssuedCoupon
from domain.refusals import CouponLost, SoldOut
from issuance import audit
from issuance.errors import NoSuchCoupon
from issuance.issue import issue
from issuance.issued_coupons import find_without_row
from issuance.postgres.clock import read_clock
from issuance.postgres.engine import Engine
from waitroom.line import Line

log = structlog.get_logger(__name__)

WHO = "failover repair"
# A worker that committed on the old primary may report only now.
LATE_REPORT_S = 1.0
LEASE_S = 15.0
AT_ONCE = 1_000
# Outcomes that are compared with all rows in one pass: these members' ids take 50 MB.
COMPARE_AT_ONCE = 500_000
GIVE_UP_AFTER_S = 60.0


class RepairIsLate(Exception):
    """The repair after a failover takes longer than GIVE_UP_AFTER_S."""


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
        self._give_up_at: float | None = None

    def is_done(self, history: str) -> bool:
        """Whether this history was compared. True for "": Postgres does not tell it."""
        return history in ("", self._known)

    async def run(self, history: str) -> bool:
        """Repair if need be, and remember the history; False if the process ends before.

        Gives up after GIVE_UP_AFTER_S in which the stores answered, so that one room that can't be
        repaired does not keep all others closed: an admin must repair it. Raises LineError,
        OfficeError; any other error of one room after all rooms are done.
        """
        remembered = await self._line.audit.timeline.get() or self._known
        if remembered not in ("", history):
            log.warning("Postgres failed over: comparing all outcomes", old=remembered, new=history)
            try:
                await self._repair_twice()
            except Exception as error:
                if is_unavailable(error):
                    self._give_up_at = None
                if not self._is_late():
                    raise
                log.error("gave up the repair: run `waitroom reconcile --repair`", exc_info=error)
                # Not in Redis: another process may still succeed.
                self._known, self._give_up_at = history, None
                return True
        if self._must_stop():
            return False
        await self._line.audit.timeline.set(history)
        self._known, self._give_up_at = history, None
        return True

    async def _repair_twice(self) -> None:
        self._give_up_at = self._give_up_at or time.monotonic() + GIVE_UP_AFTER_S
        await self._repair_all()
        await asyncio.sleep(LATE_REPORT_S)
        await self._repair_all()

    async def _repair_all(self) -> None:
        rooms = EachRoom()
        for code in await self._line.codes("coupon"):
            await rooms.attempt(code, self._repair_room(code))
        rooms.raise_first()

    async def _repair_room(self, code: str) -> None:
        """Issue the missing coupons in order of arrival: there may be too few for all."""
        missing: set[str] = set()
        async for told in self._line.audit.scan_issued(code, at_least=COMPARE_AT_ONCE):
            if self._must_stop():
                return
            self._raise_if_late()
            try:
                missing |= await asyncio.to_thread(find_without_row, self._engine, code, told)
            except NoSuchCoupon:
                log.error("Postgres has no such coupon: was it created just now?", room=code)
                return
        members = await self._line.audit.sort_by_arrival(code, list(missing))
        for start in range(0, len(members), AT_ONCE):
            if self._must_stop():
                return
            self._raise_if_late()
            await self._issue_again(code, members[start : start + AT_ONCE])

    def _raise_if_late(self) -> None:
        if self._is_late():
            raise RepairIsLate

    def _is_late(self) -> bool:
        return self._give_up_at is not None and time.monotonic() >= self._give_up_at

    async def _issue_again(self, code: str, members: Sequence[str]) -> None:
        """Give these members the coupons that they were told of.

        Writes the audit entry first: it must exist even if the process ends half way. The line
        keeps the outcomes until the commit, so another run finds the same members.
        """
        await self._note("issued coupons missing after a failover", code, members)
        issued = await asyncio.to_thread(issue, self._engine, code, members)
        again = {
            member: make_outcome(got, code)
            for member, got in issued.outcomes.items()
            if isinstance(got, IssuedCoupon)
        }
        await self._line.report(code, issued.used_count, again)
        log.warning("issued again after a failover", room=code, members=len(again))
        if lost := [one for one, got in issued.outcomes.items() if isinstance(got, SoldOut)]:
            await self._refuse(code, issued.used_count, lost)
        if left := len(members) - len(again) - len(lost):
            log.error("the coupon has ended: not issued again", room=code, members=left)

    async def _refuse(self, code: str, used_count: int, members: Sequence[str]) -> None:
        await self._note("issued coupons lost in a failover", code, members)
        log.error("coupons lost: no stock to issue them again", room=code, members=len(members))
        await self._line.audit.retract(code, members)
        # Or the next tick would enqueue them, and a worker refuse them as sold out.
        await self._line.audit.lease(code, members, for_s=LEASE_S)
        outcome = make_outcome(CouponLost(), code)
        await self._line.report(code, used_count, dict.fromkeys(members, outcome))

    async def _note(self, what: str, code: str, members: Sequence[str]) -> None:
        about = {"count": len(members), "members": list(members[:EXAMPLES_MAX])}
        now = await asyncio.to_thread(read_clock, self._engine)
        await asyncio.to_thread(audit.note, self._engine, WHO, what, code, about, now)
