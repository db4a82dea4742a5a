"""How outcomes that Postgres has committed are told to the line."""

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
    """File a batch's outcomes and free its seats. Raises LineAway; telling twice is harmless."""
    outcomes = {
        member: make_outcome(outcome, issued.code, issued.admitted_at.get(member))
        for member, outcome in issued.outcomes.items()
    }
    await line.report(issued.code, issued.used_count, outcomes, took_ms=issued.took_ms)


async def report_used(line: Line, issued: IssuedCoupon, coupon: Coupon) -> None:
    """Let the ticket page show a spent coupon as spent; it is only a copy, so it may fail."""
    if coupon.issuing != "queue":
        return
    outcome = make_outcome(issued, coupon.code)
    try:
        await line.report(coupon.code, coupon.inventory.used_count, {issued.member_id: outcome})
    except LineError:
        log.warning("the line could not be told that a coupon was used", room=coupon.code)


def make_outcome(
    outcome: IssuedCoupon | Refusal, code: str, admitted_at: datetime | None = None
) -> Outcome:
    """As the line files it."""
    if isinstance(outcome, Refusal):
        return Outcome("refused", outcome.slug, None if admitted_at is None else to_us(admitted_at))
    return Outcome("issued", issued_json(outcome, code))


def issued_json(issued: IssuedCoupon, code: str) -> str:
    """What `IssuedCouponOut` would write, without making one: a batch tells hundreds at once.

    Ids, codes and times have no characters that JSON must escape.
    """
    used_at = "null" if issued.used_at is None else f'"{rfc3339(issued.used_at)}"'
    return (
        f'{{"id":"{issued.id}","coupon_code":"{code}","member_id":"{issued.member_id}",'
        f'"status":"{issued.status.value}","issued_at":"{rfc3339(issued.issued_at)}",'
        f'"used_at":{used_at},"expire_date":"{rfc3339(issued.expire_date)}"}}'
    )
