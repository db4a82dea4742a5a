"""LeaseAdmission: admits members under a lease, and feeds them again when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import structlog

from waitroom.admitter import AdmissionStep
from waitroom.line import Line

log = structlog.get_logger(__name__)


class Intake(Protocol):
    """Takes admitted members, and reports an outcome of each to the line later."""

    async def feed(self, code: str, admitted: Mapping[str, int]) -> None:
        """Take these members of one room, each with the time of admission by Redis' clock (us).

        Must be idempotent: an overdue member is fed again.
        """


class LeaseAdmission:
    """Feeds the members of lines to an intake.

    lease_s: an admitted member without an outcome is fed again after this time. So after a crash
    between `admit` and `feed` they stay in `admitted`, and are fed once their lease is over.
    """

    def __init__(self, line: Line, intake: Intake, *, lease_s: float = 15.0) -> None:
        self._line = line
        self._intake = intake
        self._lease_s = lease_s

    async def admit(self, code: str, at_most: int) -> AdmissionStep:
        """Feed overdue members again, then admit and feed new ones. Raises LineAway."""
        overdue = await self._line.overdue(code, at_most=at_most, lease_s=self._lease_s)
        if overdue:
            log.warning("enqueued again: no outcome in time", room=code, members=len(overdue))
            await self._intake.feed(code, overdue)
        admission = await self._line.admit(
            code, at_most=at_most - len(overdue), lease_s=self._lease_s
        )
        if admission.members:
            await self._intake.feed(code, admission.by_member())
        taken = len(overdue) + len(admission.members)
        return AdmissionStep(taken, admission.held_back_by == "rate")
