"""MemberReport: one member's state in a room, from Redis and Postgres, for an admin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from application.reconcile import RunCall
from domain.issued_coupon import IssuedCoupon
from domain.member import check_member_id
from domain.refusals import find_refusal
from domain.unix_time import from_us
from issuance.errors import NoSuchCoupon
from issuance.issued_coupons import find_held_by
from issuance.member_refusals import WorkerRefusal, list_refusals_of
from issuance.offers import get_offer
from issuance.postgres.engine import Engine
from issuance.sites.errors import NoSuchSiteRoom
from issuance.sites.site_rooms import get_site_room
from waitroom.errors import LineAway, NoSuchRoom
from waitroom.line import Line
from waitroom.member_record import MemberRecord

MemberState = Literal[
    "waiting",
    "passed_over",
    "admitted",
    "issued",
    "refused",
    "left",
    "unknown",
    # In front of a site.
    "called",
    "missed",
    "inside",
    "finished",
    "ended",
    "revoked",
]
# Which process decided that a member is in this state.
Decider = Literal["web", "admitter", "worker"]
Clock = Literal["redis", "postgres"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberReport:
    """One member of one room. Times by Redis' clock, except `at` where `clock` is postgres.

    at: the start of this state, None where it is unknown; for a worker's refusal the time of
    admission. decided_by: the process that decided it. refusal: its slug, in the state `refused`;
    where no worker decided it, it is derived from the room now, so `closed` replaces `sold_out`
    once the closing time has passed. next_refusal: the slug that their next request would get, or
    None. worker_refusals: each admission that a worker ended with a refusal, the latest first.
    request_id: of the request that entered, where requests are logged. outcome_due_at: in front of
    a site, until when they may come, or when their visit ends. visit_id: of their last visit to it.
    """

    room: str
    member_id: str
    state: MemberState
    at: datetime | None = None
    clock: Clock | None = None
    decided_by: Decider | None = None
    refusal: str | None = None
    issued_coupon_id: str | None = None
    place: int | None = None
    arrived_at: datetime | None = None
    last_seen_at: datetime | None = None
    outcome_due_at: datetime | None = None
    next_refusal: str | None = None
    worker_refusals: Sequence[WorkerRefusal] = ()
    request_id: str | None = None
    visit_id: str | None = None
    is_of_site: bool = False

    @property
    def refusal_title(self) -> str | None:
        return find_refusal(self.refusal).title if self.refusal else None

    @property
    def refusal_detail(self) -> str | None:
        """The sentence that the member reads."""
        if not self.refusal:
            return None
        return find_refusal(self.refusal).detail_of(is_site=self.is_of_site)


async def look_up_member(
    line: Line, engine: Engine, ask: RunCall, code: str, member_id: str
) -> MemberReport:
    """Report on one member, without any effect on them.

    ask: runs a sync call in a thread. Raises BadMemberId, NoSuchRoom, LineAway, OfficeAway.
    """
    check_member_id(member_id)
    record = await _read_record(line, engine, ask, code, member_id)
    if record.state == "visited":
        return await _visited(line, code, member_id, record)
    # Postgres after Redis: a coupon issued in between is then in the report.
    held: dict[str, IssuedCoupon] = {}
    refused: Sequence[WorkerRefusal] = ()
    if not record.is_of_site:
        held = await ask(find_held_by, engine, code, [member_id])
        refused = await ask(list_refusals_of, engine, code, member_id)
    found = _combine(record, held.get(member_id), refused)
    return MemberReport(
        room=code,
        member_id=member_id,
        arrived_at=record.arrived_at,
        last_seen_at=record.last_seen_at,
        outcome_due_at=record.due_at,
        worker_refusals=refused,
        request_id=record.request_id or None,
        is_of_site=record.is_of_site,
        **found,
    )


async def _visited(line: Line, code: str, member_id: str, record: MemberRecord) -> MemberReport:
    """Their last visit; `unknown` where its record was dropped meanwhile."""
    visit = await line.visits.find(code, record.outcome)
    common: dict[str, Any] = {"room": code, "member_id": member_id}
    common["next_refusal"] = record.entry_refusal
    if visit is None:
        return MemberReport(state="unknown", **common)
    at_us = visit.claimed_at_us if visit.ended_at_us is None else visit.ended_at_us
    return MemberReport(
        state=visit.state,
        at=from_us(at_us),
        clock="redis",
        decided_by="web" if visit.state != "ended" else None,
        arrived_at=record.arrived_at,
        outcome_due_at=from_us(visit.ends_at_us) if visit.is_inside else None,
        visit_id=visit.visit_id,
        **common,
    )


async def _read_record(
    line: Line, engine: Engine, ask: RunCall, code: str, member_id: str
) -> MemberRecord:
    try:
        return await line.member_records.read(code, member_id)
    except NoSuchRoom:
        try:
            offer = await ask(get_offer, engine, code)
        except NoSuchCoupon:
            try:
                await ask(get_site_room, engine, code)
            except NoSuchSiteRoom:
                raise NoSuchRoom from None
        else:
            if offer.room is None:
                raise
        raise LineAway from None  # Redis has lost this room; the admitter restores it


def _combine(
    record: MemberRecord, held: IssuedCoupon | None, refused: Sequence[WorkerRefusal]
) -> dict[str, Any]:
    """Postgres is the truth about coupons and refusals, Redis about the line."""
    by_redis: dict[str, Any] = {"at": record.at, "clock": "redis" if record.at else None}
    if held is not None:
        issued = {"at": held.issued_at, "clock": "postgres", "decided_by": "worker"}
        return {"state": "issued", "issued_coupon_id": str(held.id), **issued}
    if record.state == "waiting":
        refusal = record.place_refusal
        return {"state": "waiting", "place": record.place, "next_refusal": refusal, **by_redis}
    if record.state in ("admitted", "issued"):  # Postgres knows of no coupon (yet, or any more)
        return {"state": "admitted", "decided_by": "admitter", **by_redis}
    if record.state == "called":
        return {"state": "called", "decided_by": "admitter", **by_redis}
    if record.state in ("passed_over", "missed"):
        refusal = record.place_refusal
        passed_over = {"decided_by": "admitter", "next_refusal": refusal, **by_redis}
        return {"state": record.state, **passed_over}
    if record.state == "told":
        refusal = record.place_refusal
        told = {"refusal": refusal, "next_refusal": refusal, "decided_by": "web", **by_redis}
        return {"state": "refused", **told}
    next_refusal = {"next_refusal": record.entry_refusal}
    slug = record.outcome or (refused[0].slug if refused else "")
    if slug and not _has_left_since(record, refused):
        at = next((one.admitted_at for one in refused if one.slug == slug), None)
        when = {"at": at, "clock": "redis" if at else None}
        return {"state": "refused", "refusal": slug, "decided_by": "worker", **when, **next_refusal}
    return {"state": "left" if record.state == "spent" else "unknown", **next_refusal}


def _has_left_since(record: MemberRecord, refused: Sequence[WorkerRefusal]) -> bool:
    """Whether they entered again after the last refusal, and left."""
    if record.state != "spent" or record.arrived_at is None:
        return False
    return not refused or record.arrived_at > refused[0].admitted_at
