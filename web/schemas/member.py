"""The JSON of one member, as admins see it."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from application.member_report import Clock, Decider, MemberReport, MemberState
from web.schemas.public import RefusalOut, Schema, Time


class WorkerRefusalOut(Schema):
    type: str
    admitted_at: Time = Field(description="when the line let them through, by Redis' clock")


class MemberOut(Schema):
    """Where a member is, or why they were refused. Times by Redis' clock, but `at` as `clock` says.

    Keys that do not apply are null.
    """

    room: str
    member_id: str
    state: MemberState = Field(
        description="passed_over: silent when their turn came; left: gave up their place; unknown: "
        "neither store knows them, also where they were refused at the entrance"
    )
    at: Time | None = Field(
        description="since when; where a worker refused them, when the line let them through"
    )
    clock: Clock | None = Field(description="the clock of `at`")
    decided_by: Decider | None = Field(description="the process that put them in this state")
    refusal: RefusalOut | None = Field(description="what they read, in the state `refused`")
    issued_coupon_id: UUID | None
    place: int | None
    arrived_at: Time | None
    last_seen_at: Time | None = Field(
        description="when they asked last; null where `arrived_at` is recent enough"
    )
    outcome_due_at: Time | None = Field(description="by then an admitted member is fed again")
    next_refusal: str | None = Field(description="what their next request is refused with")
    worker_refusals: list[WorkerRefusalOut] = Field(description="of each admission, latest first")
    request_id: str | None = Field(description="by which they entered, while requests are logged")

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
