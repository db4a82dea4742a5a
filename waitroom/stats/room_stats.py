"""RoomStats: a room's live figures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from redis.asyncio import Redis

from domain.phase import RoomNow, RoomPhase, room_phase
from domain.settings_spec import SettingValues
from waitroom.redis_io.keys import Keys
from waitroom.room import read_room_now, read_settings
from waitroom.stats.ring_counters import Meter, Slot, queue_meter_reads
from waitroom.stats.tally import Tally
from waitroom.stats.visit_stats import VisitStats

FIGURES_OVER_S = 10
# Read from the meter, in the order of `from_reply`'s meters.
METERED = ("entered", "admitted", "issued", "enter_us", "issue_us")
# Totals since the room's beginning, from the tally.
TALLIED = (
    "entered", "admitted", "issued", "refused", "left", "turned_away", "restored", "passed_over",
    "returned", "waiting_peak",
)  # fmt: skip
# The previous release's names, which programs may read for one more release.
OLD_NAMES = {"under_way": "seats_in_use", "told_no": "refused_in_all"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomStats(SettingValues):
    """A room's settings as the line has them, and its figures.

    Counts are totals since the beginning, except in_line, seats_in_use and away (now) and the rates
    (per s).

    in_line: all who have a place, also in a room that is over. away: members who were skipped,
    or learned in line that the room is over, and have not returned. refused: after admission.
    turned_away: refused at entry. passed_over, returned: skipped, and back, each time.
    waiting_peak: the most that ever waited. sold_out_at_s: of the last coupon issued.
    seats_in_use: admitted without an outcome, or inside a site. admitted_last_s: in the last whole
    second. visits: of a room that leads to a site. version: of the settings. steered_rate_per_s:
    the autopilot's rate, None under manual control.
    """

    at_s: float
    steered_rate_per_s: float | None
    total_count: int
    used_count: int
    in_line: int
    seats_in_use: int
    away: int
    entered: int
    admitted: int
    issued: int
    refused: int
    left: int
    turned_away: int
    restored: int
    passed_over: int
    returned: int
    waiting_peak: int
    waiting_peak_at_s: float | None
    sold_out_at_s: float | None
    is_restoring: bool
    entered_per_s: float
    admitted_per_s: float
    admitted_last_s: int
    issued_per_s: float
    enter_p99_ms: float | None
    issue_p99_ms: float | None
    opens_at_s: float
    closes_at_s: float
    is_undrawn: bool
    version: int
    visits: VisitStats | None = None

    @property
    def phase(self) -> RoomPhase:
        return room_phase(
            RoomNow(
                state=self.state,
                remain_count=self.remain_count,
                now_us=round(self.at_s * 1_000_000),
                opens_at_us=round(self.opens_at_s * 1_000_000),
                closes_at_us=round(self.closes_at_s * 1_000_000),
                is_restoring=self.is_restoring,
                is_undrawn=self.is_undrawn,
            )
        )

    @property
    def is_over(self) -> bool:
        return self.phase.is_over

    @property
    def is_ended(self) -> bool:
        """Whether the room's closing time has passed."""
        return self.at_s >= self.closes_at_s

    @property
    def remain_count(self) -> int:
        return max(0, self.total_count - self.used_count)

    @property
    def stock(self) -> int | None:
        """What remains; None in front of a site, which has no stock."""
        return None if self.visits else self.remain_count

    @property
    def rate_in_force_per_s(self) -> float:
        """The autopilot's rate, else the admin's."""
        return self.rate_per_s if self.steered_rate_per_s is None else self.steered_rate_per_s

    @property
    def waiting(self) -> int:
        """Members who wait for a coupon: 0 once the room is over."""
        return 0 if self.is_over else self.in_line

    @property
    def refused_in_all(self) -> int:
        """Refused after admission, refused at entry, and all in line once the room is over."""
        over = self.in_line + self.away if self.is_over else 0
        return self.refused + self.turned_away + over

    def as_record(self) -> dict[str, object]:
        """All figures by name."""
        derived = {
            name: getattr(self, name)
            for name in ("remain_count", "waiting", "refused_in_all", "is_over", "is_ended")
        } | {"phase": self.phase.word}
        old = {old: getattr(self, new) for old, new in OLD_NAMES.items()}
        own = {name: value for name, value in asdict(self).items() if name != "visits"}
        if self.visits:
            # A site has no stock.
            stock: dict[str, object] = dict.fromkeys(("total_count", "used_count", "remain_count"))
            return own | asdict(self.visits) | derived | old | stock
        return own | derived | old

    @classmethod
    def from_reply(
        cls,
        room: Mapping[bytes, bytes],
        in_line: int,
        seats_in_use: int,
        away: int,
        tally: Tally,
        steered_rate: bytes | None,
        *meters: Sequence[Slot],
        now_s: int,
        inside: int = 0,
    ) -> RoomStats:
        """meters: in the order of METERED, all of the same seconds. inside: living visits."""
        meter = Meter(dict(zip(METERED, meters, strict=True)), now_s)
        now = read_room_now(room, now_s * 1_000_000)
        settings = read_settings(room)
        counts: dict[str, Any] = {name: tally.count(name) for name in TALLIED}
        return cls(
            at_s=math.ceil(now.now_us / 1_000_000),  # not before an opening that has come
            **settings,
            steered_rate_per_s=_steered(settings, steered_rate),
            total_count=int(room[b"total_count"]),
            used_count=int(room[b"used_count"]),
            in_line=in_line,
            seats_in_use=seats_in_use + inside,
            away=away,
            **counts,
            waiting_peak_at_s=tally.seconds("waiting_peak_at_us"),
            sold_out_at_s=tally.seconds("sold_out_at_us"),
            is_restoring=now.is_restoring,
            entered_per_s=meter.per_s("entered"),
            admitted_per_s=meter.per_s("admitted"),
            admitted_last_s=meter.count_by_second("admitted")[-1],
            issued_per_s=meter.per_s("issued"),
            enter_p99_ms=meter.p99_ms("enter_us"),
            issue_p99_ms=meter.p99_ms("issue_us"),
            opens_at_s=now.opens_at_us / 1_000_000,
            closes_at_s=now.closes_at_us / 1_000_000,
            is_undrawn=now.is_undrawn,
            version=int(room.get(b"version", 0)),
            visits=VisitStats.from_reply(room, seats_in_use, inside, tally),
        )


async def read_room_stats(redis: Redis, keys: Keys, over_s: int) -> tuple[RoomStats, Tally] | None:
    """The figures and the tally that they were read with; None for an unknown room.

    Reads a bounded number of fields, whatever the line's length.
    """
    now_s, now_us = await redis.time()
    async with redis.pipeline(transaction=True) as pipe:
        pipe.hgetall(keys.room)
        pipe.zcard(keys.waiting)
        pipe.zcard(keys.admitted)
        pipe.zcount(keys.inside, f"({now_s * 1_000_000 + now_us}", "+inf")  # as count_living in Lua
        pipe.hlen(keys.away)
        pipe.hexists(keys.away, "")  # a field that is no member (lost_keys.lua)
        pipe.hgetall(keys.tally)
        pipe.hget(keys.bucket, "steered_rate_per_s")
        queue_meter_reads(pipe, keys.meter, METERED, now_s, over_s)
        room, in_line, seats, inside, away, kept, counted, *rest = await pipe.execute()
    if not room:
        return None
    tally = Tally(counted)
    found = (room, in_line, seats, away - kept, tally, *rest)
    return RoomStats.from_reply(*found, now_s=now_s, inside=inside), tally


def _steered(settings: Mapping[str, Any], steered_rate: bytes | None) -> float | None:
    """The autopilot's rate, clamped as admit.lua does, so that it is the rate in force."""
    if settings["rate_mode"] != "autopilot":
        return None
    rate = settings["rate_per_s"] if steered_rate is None else float(steered_rate)
    return float(min(max(rate, settings["rate_min_per_s"]), settings["rate_max_per_s"]))
