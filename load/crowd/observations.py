"""What one simulated member was told, whoever simulates them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from domain.refusals import REFUSALS, refusals_of

Final = Literal["issued", "refused", "failed"]

# Refusals that a member believes and goes home with; anything else undocumented is a failure.
FINAL_REFUSALS = frozenset(
    slug for slug in refusals_of("enter", "issue") if REFUSALS[slug].is_final
)
TRY_AGAIN = frozenset(slug for slug, kind in REFUSALS.items() if kind.retry_after_s is not None)
ATTEMPTS_MAX = 30
CLICKS = 5


@dataclass(slots=True)
class Timings:
    """Seconds that requests took, of the whole crowd."""

    enter: list[float] = field(default_factory=list)
    place: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Observations:
    """What one member was told. arrived_at: as the line wrote it down; None without a place.

    ahead: as told last. place_rose: how often it got worse from one asking to the next. set_out_at:
    by our monotonic clock; told_after_s: from then. turned_back: answers that said to try again.
    way_retries: how often the way to issue tried again for them, as the server said.
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
        """Note what was said; seconds until asking again, or None where it is final."""
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
        """The same, of an answer that was asked for after the one before had come."""
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
