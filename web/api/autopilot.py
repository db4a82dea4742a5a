"""Autopilot API: the last decisions of a room's autopilot."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field

from domain.settings_spec import RateMode
from waitroom.autopilot import Reason
from waitroom.redis_io.constants import DECISIONS_MAX
from web.container import get_container
from web.dependencies import Admin, RoomCode
from web.problems import documented
from web.schemas.public import Schema, Time

router = APIRouter(prefix="/api/admin", tags=["admin"])


class DecisionOut(Schema):
    """One step: the new rate, the measurements, and the reason."""

    at: Time
    rate_per_s: float
    latency_p95_ms: float | None = Field(
        description="Of the transactions of the last 2 s; null without any"
    )
    queue_age_s: float = Field(description="The age of the oldest job")
    issued_per_s: float = Field(description="Outcomes per second, over the last 2 s")
    reason: Reason


class AutopilotOut(Schema):
    """Decisions, oldest first: two a second while the mode is `autopilot`."""

    room: str
    rate_mode: RateMode
    rate_min_per_s: float
    rate_max_per_s: float
    latency_bound_ms: int
    steered_rate_per_s: float | None
    decisions: list[DecisionOut]


@router.get(
    "/rooms/{code}/autopilot",
    response_model=AutopilotOut,
    responses=documented(
        "not_signed_in", "forbidden", "bad_request", "unavailable", "no_such_room"
    ),
)
async def show_autopilot(
    request: Request,
    code: RoomCode,
    _who: Admin,
    at_most: Annotated[int, Query(ge=1, le=DECISIONS_MAX)] = 240,
) -> AutopilotOut:
    """The autopilot's last decisions and their reasons."""
    line = get_container(request).line
    figures = await line.room_stats(code)
    decisions = await line.autopilot.decisions(code, at_most=at_most)
    return AutopilotOut(
        room=code,
        rate_mode=figures.rate_mode,
        rate_min_per_s=figures.rate_min_per_s,
        rate_max_per_s=figures.rate_max_per_s,
        latency_bound_ms=figures.latency_bound_ms,
        steered_rate_per_s=figures.steered_rate_per_s,
        decisions=[
            DecisionOut(
                at=datetime.fromtimestamp(one.at_s, UTC),
                **{name: getattr(one, name) for name in DecisionOut.model_fields if name != "at"},
            )
            for one in decisions
        ],
    )
