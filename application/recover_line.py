"""What Postgres keeps of a line for the day on which Redis loses it, and brings back."""

from __future__ import annotations

import asyncio

import structlog

from application.report_outcomes import make_outcome
from issuance import issued_coupons
from issuance.offers import Offer
from issuance.postgres.engine import Engine
from issuance.spent_tickets import list_spent_after, save_spent_tickets
from issuance.watermarks import save_watermark
from waitroom.line import Line

log = structlog.get_logger(__name__)


async def recover_line(line: Line, engine: Engine, offer: Offer) -> None:
    """Write down how far this offer's line has come, and whose tickets are spent; after a loss,
    give the line the latter back and tell again who holds a coupon.

    Until that is done nobody is let through: they would stand in line once more. All of it may be
    done twice, so that it does not matter who was interrupted. Raises LineAway, OfficeAway.
    """
    code = offer.coupon.code
    far = await line.recovery.read_progress(code)
    if far is None:
        return
    if far.lost_at_us or far.are_spent_lost:
        await _give_back_spent(line, engine, offer)
    if far.unsaved:
        await asyncio.to_thread(save_spent_tickets, engine, offer.coupon.id, far.unsaved)
        await line.recovery.mark_saved(code, far.unsaved)
    if far.lost_at_us:
        log.warning("the line has lost its places; they come back by their tickets", room=code)
        told = await _report_issued_again(line, engine, code)
        await line.recovery.mark_retold(code, far.lost_at_us)
        log.info("who holds a coupon was told again", room=code, members=told)
    known = offer.watermark
    if known is None or far.watermark.taken_at_us > known.taken_at_us:
        await asyncio.to_thread(save_watermark, engine, offer.coupon.id, far.watermark)


async def _give_back_spent(line: Line, engine: Engine, offer: Offer) -> None:
    """Some at a time, by member id; the last call, of none, says that it was all of them."""
    code, last, given, dropped = offer.coupon.code, "", 0, 0
    while True:
        some = await asyncio.to_thread(list_spent_after, engine, offer.coupon.id, last)
        dropped += await line.recovery.add_spent(code, some)
        if not some:
            break
        given, last = given + len(some), some[-1].member_id
    log.info("the line knows whose tickets are spent", room=code, members=given, dropped=dropped)


async def _report_issued_again(line: Line, engine: Engine, code: str) -> int:
    """Some at a time, by member id; how many there are."""
    told, last = 0, ""
    # Once: to count is to look at every row, and what is issued meanwhile its worker tells.
    used, _ = await asyncio.to_thread(issued_coupons.count_issued, engine, code)
    while held := await asyncio.to_thread(issued_coupons.list_held_after, engine, code, last):
        await line.report(code, used, {one.member_id: make_outcome(one, code) for one in held})
        told, last = told + len(held), held[-1].member_id
    return told
