"""The JSON of one member's state, for admins."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from application.member_report import Clock, Decider, MemberReport, MemberState
from web.schemas.public import RefusalOut, Schema, Time


class WorkerRefusalOut(Schema):
    type: str
    admitted_at: Time = Field(description="The time of admission, by Redis' clock")


class MemberOut(Schema):
    """A member's state in a room. Times are by Redis' clock, except `at`: by `clock`.

    Keys that do not apply are null.
    """

    room: str
    member_id: str
    state: MemberState = Field(
        description="passed_over: sent no request when their turn came; left: gave up their place; "
        "unknown: in neither store, also after a refusal at entry; in front of a site also called, "
        "missed (did not come), and the state of their last visit"
    )
    at: Time | None = Field(
        description="The start of this state; for a worker's refusal the time of admission"
    )
    clock: Clock | None = Field(description="The clock of `at`")
    decided_by: Decider | None = Field(description="The process that decided this state")
    refusal: RefusalOut | None = Field(
        description="The refusal that the member reads, in the state `refused`. Where no worker "
        "decided it, it follows from the room now: `closed` replaces `sold_out` after the end"
    )
    issued_coupon_id: UUID | None
    place: int | None
    arrived_at: Time | None
    last_seen_at: Time | None = Field(
        description="Their last stored request; null where `arrived_at` is recent enough"
    )
    outcome_due_at: Time | None = Field(
        description="Without an outcome by then, an admitted member is enqueued again; in front "
        "of a site: until when they may come, or when their visit ends"
    )
    visit_id: str | None = Field(description="Their last visit to the site")
    next_refusal: str | None = Field(description="The refusal that their next request would get")
    worker_refusals: list[WorkerRefusalOut] = Field(
        description="One for each admission that a worker refused, latest first"
    )
    request_id: str | None = Field(
        description="Of the request that entered, where requests are logged"
    )

    @classmethod
    def from_report(cls, report: MemberReport) -> MemberOut:
        names = cls.model_fields.keys() - {"refusal", "worker_refusals", "issued_coupon_id"}
        coupon_id, slug = report.issued_coupon_id, report.refusal
        return cls(
            **{name: getattr(report, name) for name in names},
            issued_coupon_id=None if coupon_id is None else UUID(coupon_id),
            refusal=RefusalOut(
                type=slug, title=report.refusal_title or "", detail=report.refusal_detail or ""
            )
            if slug
            else None,
            worker_refusals=[
                WorkerRefusalOut(type=one.slug, admitted_at=one.admitted_at)
                for one in report.worker_refusals
            ],
        )
