"""Room: a waiting room's identity, settings, schedule and stock, whatever its line leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from domain.branding import PLAIN, Branding
from domain.planning.rate_steps import RateSteps
from domain.room_settings import RoomSettings
from domain.settings_spec import Value
from domain.watermark import Watermark

# What a room's line leads to.
RoomKind = Literal["coupon", "site"]
ROOM_KINDS: tuple[RoomKind, ...] = get_args(RoomKind)
# A draft is for admins only. A rehearsal is a hidden copy of a room, to try it with real parts.
Stage = Literal["draft", "rehearsal", "published"]
STAGES: tuple[Stage, ...] = get_args(Stage)


@dataclass(frozen=True, slots=True)
class DrawSummary:
    """A stored draw: when, the number of entrants, and the digest of their order."""

    at: datetime
    entrants_count: int
    entrants_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One waiting room. Its code is unique over all kinds.

    version: the larger of two is the later Room. seed: of the draw's numbers, secret until the room
    opens. drawn: the lobby's draw, if there was one; admission waits for it. watermark: the last
    one in Postgres; a line with an older one has lost data. further: the settings that only
    rooms of its kind have, by name. rehearses: the id of the room whose rehearsal this is.
    archived_at: None unless an admin has archived it. next_step_at: of the first of the rate steps
    that is not over.
    """

    id: UUID
    code: str
    kind: RoomKind
    settings: RoomSettings
    opens_at: datetime
    closes_at: datetime
    total_count: int
    used_count: int
    version: int
    seed: bytes = field(default=b"", repr=False)
    drawn: DrawSummary | None = None
    branding: Branding = PLAIN
    watermark: Watermark | None = None
    further: Mapping[str, Value] = field(default_factory=dict)
    stage: Stage = "published"
    rehearses: UUID | None = None
    archived_at: datetime | None = None
    rate_steps: RateSteps = ()
    next_step_at: datetime | None = None

    @property
    def has_line(self) -> bool:
        """Whether it exists for anybody but admins: a draft has neither a line nor pages."""
        return self.stage != "draft"

    @property
    def is_listed(self) -> bool:
        """Whether members, programs and search engines find it without knowing its code."""
        return self.stage == "published" and self.archived_at is None
