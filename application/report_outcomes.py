"""Reports outcomes that Postgres has committed to the line."""

from __future__ import annotations

from datetime import datetime

import structlog

from domain.coupon import Coupon
from domain.issued_coupon import IssuedCoupon
from domain.refusals import Refusal
from domain.rfc3339 import rfc3339
from domain.unix_time import to_us
from issuance.issue import Issued
from waitroom.admission import Outcome
from waitroom.errors import LineError
from waitroom.line import Line

log = structlog.get_logger(__name__)


async def report_outcomes(line: Line, issued: Issued) -> None:
    """Store a batch's outcomes in the line and free its seats. Idempotent. Raises LineAway."""
    outcomes = {
        member: make_outcome(outcome, issued.code, issued.admitted_at.get(member))
        for member, outcome in issued.outcomes.items()
    }
    await line.report(issued.code, issued.used_count, outcomes, took_ms=issued.took_ms)


async def report_used(line: Line, issued: IssuedCoupon, coupon: Coupon) -> None:
    """Update the ticket page's copy of a used coupon. Only a copy, so a failure is only logged."""
    if coupon.issuing != "queue":
        return
    outcome = make_outcome(issued, coupon.code)
    try:
        await line.report(coupon.code, coupon.inventory.used_count, {issued.member_id: outcome})
    except LineError:
        log.warning("line unreachable: a used coupon still shows as unused", room=coupon.code)


def make_outcome(
    outcome: IssuedCoupon | Refusal, code: str, admitted_at: datetime | None = None
) -> Outcome:
    """The outcome as the line stores it."""
    if isinstance(outcome, Refusal):
        return Outcome("refused", outcome.slug, None if admitted_at is None else to_us(admitted_at))
    return Outcome("issued", issued_json(outcome, code))


def issued_json(issued: IssuedCoupon, code: str) -> str:
    """The JSON of `IssuedCouponOut`, built directly, as a batch has hundreds.

    Ids, codes and times have no characters that JSON must escape.
    """
    used_at = "null" if issued.used_at is None else f'"{rfc3339(issued.used_at)}"'
    short_code = "null" if issued.short_code is None else f'"{issued.short_code}"'
    return (
        f'{{"id":"{issued.id}","coupon_code":"{code}","member_id":"{issued.member_id}",'
        f'"status":"{issued.status.value}","issued_at":"{rfc3339(issued.issued_at)}",'
        f'"used_at":{used_at},"expire_date":"{rfc3339(issued.expire_date)}",'
        f'"short_code":{short_code}}}'
    )
