"""Issue: issues coupons to a batch of members in one transaction."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import Engine

from domain.coupon import Coupon
from domain.issued_coupon import IssuedCoupon
from domain.member import Member
from domain.refusals import Refusal
from issuance.errors import translate_postgres_errors
from issuance.issue_transaction import (
    FIND_LOCKED,
    WRITE_LOCKED,
    open_issue_transaction,
    until_codes_are_free,
)


@dataclass(frozen=True, slots=True)
class Issued:
    """A committed batch: the coupon's used_count, and each member's coupon or refusal.

    took_ms: from opening the transaction to its commit. admitted_at: when the line admitted each
    member; empty if not known.
    """

    code: str
    used_count: int
    outcomes: Mapping[str, IssuedCoupon | Refusal]
    took_ms: float | None = None
    admitted_at: Mapping[str, datetime] = field(default_factory=dict)


def issue(
    engine: Engine,
    code: str,
    member_ids: Sequence[str],
    now: datetime | None = None,
    *,
    admitted_at: Sequence[datetime] = (),
    within_s: float | None = None,
) -> Issued:
    """Issue to these members in order, and commit.

    A repeated call gives each member the coupon they hold, and each refused admission the same
    refusal. now: Postgres' time if not given. admitted_at: when the line admitted each member, in
    the members' order; empty if not known. within_s: the time limit of the whole transaction.

    Raises NoSuchCoupon, OfficeAway; ValueError if admitted_at has another length than member_ids.
    """
    began_s = time.perf_counter()
    admissions = dict(zip(member_ids, admitted_at, strict=True)) if admitted_at else {}
    attempt = partial(_issue_once, engine, code, member_ids, now, admissions, within_s)
    used_count, outcomes = until_codes_are_free(attempt)
    took_ms = (time.perf_counter() - began_s) * 1_000
    return Issued(code, used_count, outcomes, took_ms, admissions)


def _issue_once(
    engine: Engine,
    code: str,
    member_ids: Sequence[str],
    now: datetime | None,
    admissions: Mapping[str, datetime],
    within_s: float | None,
) -> tuple[int, Mapping[str, IssuedCoupon | Refusal]]:
    """One transaction: the coupon's used_count, and the outcomes. Raises ShortCodeTaken."""
    with translate_postgres_errors(), open_issue_transaction(engine, within_s=within_s) as tx:
        coupon, row, holders = tx.load_coupon(FIND_LOCKED, code, member_ids, with_refusals=True)
        # One issued_at for the whole batch, which is written by one statement.
        moment = max([now or row.read_at, *admissions.values()])
        outcomes = {
            member_id: _attempt(coupon, member_id, moment, admissions.get(member_id))
            for member_id in member_ids
        }
        new = [
            one
            for one in outcomes.values()
            if isinstance(one, IssuedCoupon) and one.member_id not in holders
        ]
        refused = {
            (member_id, admissions[member_id]): one
            for member_id, one in outcomes.items()
            if isinstance(one, Refusal) and member_id in admissions
        }
        if refused:
            # Once these are committed, a repeated job of this batch gives the same refusals.
            tx.write_refusals(coupon, refused)
        if new:
            tx.write_issued(WRITE_LOCKED, coupon, new)
        elif refused:
            tx.commit()
    return coupon.inventory.used_count, outcomes


def _attempt(
    coupon: Coupon, member_id: str, now: datetime, admitted_at: datetime | None
) -> IssuedCoupon | Refusal:
    try:
        return coupon.issue_to(Member(member_id), now, admitted_at)
    except Refusal as refusal:
        return refusal
