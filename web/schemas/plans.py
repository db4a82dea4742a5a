"""The JSON of what an admin plans for a room."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from domain.coupon import CODE_LENGTH_MAX
from domain.planning.rate_steps import RATE_STEPS_MAX
from domain.planning.rehearsal import OPENS_IN_S_DEFAULT, OPENS_IN_S_MAX
from domain.room import Room, RoomKind, Stage
from web.schemas.public import Schema, StrictSchema, Time, TimeIn, Whole


class CloneIn(StrictSchema):
    code: str = Field(
        min_length=1,
        max_length=CODE_LENGTH_MAX,
        description="The new room's code",
        json_schema_extra={"pattern": "^[a-z0-9][a-z0-9_-]*$"},
    )


class RateStepIn(StrictSchema):
    at: TimeIn = Field(description="While the room is open")
    rate_per_s: float = Field(description="As the setting `rate_per_s`")


class RateStepsIn(StrictSchema):
    steps: list[RateStepIn] = Field(
        max_length=RATE_STEPS_MAX, description="All steps, in order of time; empty for none"
    )


class PreviewLinkOut(Schema):
    url: str = Field(description="Shows all states of the pages; a path without `BASE_URL`")
    ends_at: Time


class RehearsalIn(StrictSchema):
    opens_in_s: Whole = Field(
        OPENS_IN_S_DEFAULT, ge=0, le=OPENS_IN_S_MAX, description="Seconds until it opens"
    )


class RehearsalOut(Schema):
    code: str = Field(description="Secret: everybody who has it can enter")
    url: str = Field(description="Send it to those who take part; a path without `BASE_URL`")
    opens_at: Time
    closes_at: Time


class RateStepOut(Schema):
    at: Time
    rate_per_s: float
    is_over: bool = Field(description="It is applied, or something later has set the rate")


class PlanOut(Schema):
    """What is planned for a room of any kind."""

    code: str
    kind: RoomKind
    stage: Stage = Field(
        description="`draft`: for admins only; `rehearsal`: a hidden copy, for those who have its "
        "code; `published`: for everybody"
    )
    archived_at: Time | None = Field(description="Null unless it is archived")
    opens_at: Time
    closes_at: Time
    rate_steps: list[RateStepOut] = Field(description="The rate from each time on")
    version: int = Field(description="Of the settings; grows with every change")

    @classmethod
    def from_room(cls, room: Room) -> PlanOut:
        next_at = room.next_step_at
        archived_at: datetime | None = room.archived_at
        return cls(
            code=room.code,
            kind=room.kind,
            stage=room.stage,
            archived_at=archived_at,
            opens_at=room.opens_at,
            closes_at=room.closes_at,
            rate_steps=[
                RateStepOut(
                    at=step.at,
                    rate_per_s=step.rate_per_s,
                    is_over=next_at is None or step.at < next_at,
                )
                for step in room.rate_steps
            ],
            version=room.version,
        )
