"""Observations: records the server's answers to one simulated member."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from domain.refusals import REFUSALS, refusals_of

Final = Literal["issued", "refused", "failed"]

# Refusals that end a member's attempt. Any other error, unless it asks to retry, is a failure.
FINAL_REFUSALS = frozenset(
    slug for slug in refusals_of("enter", "issue") if REFUSALS[slug].is_final
)
TRY_AGAIN = frozenset(slug for slug, kind in REFUSALS.items() if kind.retry_after_s is not None)
ATTEMPTS_MAX = 30
CLICKS = 5


@dataclass(slots=True)
class Timings:
    """Response times in seconds, of the whole crowd."""

    enter: list[float] = field(default_factory=list)
    place: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Observations:
    """The answers to one member.

    arrived_at: as the server gave it; None without a place. ahead: the latest. place_rose: how
    often `ahead` grew from one poll to the next. set_out_at: by our monotonic clock; told_after_s:
    from then until the outcome. turned_back: responses that asked to retry. way_retries: retries
    inside the way to issue, as the server reported them.
    """

    member_id: str
    final: Final = "failed"
    arrived_at: datetime | None = None
    coupon_ids: set[str] = field(default_factory=set)
    refusal: str | None = None
    waited: bool = False
    ahead: int | None = None
    place_rose: int = 0
    set_out_at: float = 0.0
    told_after_s: float = 0.0
    turned_back: int = 0
    way_retries: int = 0
    error: str | None = None

    def note(self, status: int, body: dict[str, Any]) -> float | None:
        """Record a response. Returns the seconds until the next poll; None if it is final."""
        if status in (200, 202):
            self.ahead = body["ahead"]
            if body["arrived_at"]:
                self.arrived_at = datetime.fromisoformat(body["arrived_at"])
            if body["state"] == "issued":
                self.issued(body["issued_coupon"]["id"])
                return None
            if body["state"] == "refused":
                self.refused(body["refusal"]["type"])
                return None
            return float(body["ask_again_s"])
        if body.get("type") in FINAL_REFUSALS:
            self.refused(body["type"])
            return None
        self.error = f"{status} {body.get('type')}: {body.get('detail')}"
        return None

    def note_next(self, status: int, body: dict[str, Any]) -> float | None:
        """As `note`, for a poll after the previous response: counts a place that got worse."""
        before = self.ahead
        wait_s = self.note(status, body)
        if before is not None and self.ahead is not None and self.ahead > before:
            self.place_rose += 1
        return wait_s

    def issued(self, coupon_id: str) -> None:
        self.final = "issued"
        self.coupon_ids.add(coupon_id)

    def refused(self, slug: str) -> None:
        if self.final != "issued":
            self.final, self.refusal = "refused", slug
