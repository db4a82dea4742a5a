"""MemberRecords: reads what Redis stores about one member, for an admin.

Reading changes nothing. `place.lua` would restore a passed-over member and file a final outcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from redis.asyncio import Redis

from domain.draw import NUMBERS
from domain.phase import DRAINING, RoomNow, room_phase
from domain.refusals import Draining, NotOpenYet, RoomFull
from domain.settings_spec import SettingValues
from domain.unix_time import from_us
from waitroom.errors import NoSuchRoom
from waitroom.redis_io.keys import Keys
from waitroom.redis_io.script_call import translate_redis_errors
from waitroom.room import read_room_now, read_settings

# told: a request of theirs got sold_out or closed while they waited. spent: Redis knows only that
# their ticket restores no place. called, missed, visited: in front of a site.
RecordState = Literal[
    "waiting",
    "passed_over",
    "told",
    "admitted",
    "issued",
    "refused",
    "spent",
    "absent",
    "called",
    "missed",
    "visited",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRecord:
    """Times by Redis' clock; None where Redis does not store them.

    at: the start of this state. place: None while it is unknown: before a draw, and while the room
    is restoring. outcome: the refusal's slug, the coupon as JSON, or the visit's id. place_refusal:
    how the next request for the place would be refused, where they are in line. entry_refusal: how
    entering would be refused. request_id: of the request that entered, where requests are logged.
    """

    state: RecordState
    at: datetime | None = None
    place: int | None = None
    arrived_at: datetime | None = None
    last_seen_at: datetime | None = None
    due_at: datetime | None = None
    outcome: str = ""
    place_refusal: str | None = None
    entry_refusal: str | None = None
    request_id: str = ""
    is_of_site: bool = False


class MemberRecords:
    """Raises LineAway where Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def read(self, code: str, member_id: str) -> MemberRecord:
        """A consistent snapshot. Raises NoSuchRoom."""
        k = Keys(code)
        with translate_redis_errors():
            seconds, us = await self._redis.time()
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.hgetall(k.room)
                pipe.zcard(k.waiting)
                pipe.zscore(k.waiting, member_id)
                pipe.zrank(k.waiting, member_id)
                pipe.zscore(k.admitted, member_id)
                hashes = (k.outcomes, k.arrivals, k.admissions, k.last_seen, k.away, k.spent)
                for key in (*hashes, k.origins):
                    pipe.hget(key, member_id)
                room, *rest = await pipe.execute()
        if not room:
            raise NoSuchRoom
        return _make_record(room, int(seconds) * 1_000_000 + int(us), *rest)


def _make_record(
    room: Mapping[bytes, bytes],
    now_us: int,
    waiting: int,
    score: float | None,
    rank: int | None,
    due: float | None,
    *texts: bytes | None,
) -> MemberRecord:
    outcome, arrival, admitted_at, seen, away, spent, request_id = (
        None if text is None else text.decode() for text in texts
    )
    now, settings = read_room_now(room, now_us), SettingValues(**read_settings(room))
    phase = room_phase(now)
    over = phase.word if phase.is_over else None
    is_of_site = room.get(b"kind") == b"site"
    common: dict[str, Any] = {
        "place_refusal": over,
        "entry_refusal": _entry_refusal(settings, now, over, waiting),
        "request_id": request_id or "",
        "is_of_site": is_of_site,
    }
    if outcome is not None:
        return _from_outcome(outcome, common)
    if arrival is not None:
        return MemberRecord(
            state="called" if is_of_site else "admitted",
            at=_at(admitted_at),
            arrived_at=_arrived_at(arrival),
            due_at=None if due is None else from_us(int(due)),
            **common,
        )
    if score is not None and rank is not None:
        return MemberRecord(
            state="waiting",
            place=None if _hides_places(now) else rank + 1,
            at=_arrived_at(str(int(score))),
            arrived_at=_arrived_at(str(int(score))),
            last_seen_at=None if seen is None else from_us(int(seen.rstrip("he")) * 1_000_000),
            **common,
        )
    if away is not None:
        return _from_away(away, settings, now, common)
    if spent is not None and spent != "0":
        return MemberRecord(state="spent", arrived_at=_arrived_at(spent), **common)
    return MemberRecord(state="absent", **common)


_STATES: Mapping[str, RecordState] = {"i": "issued", "r": "refused", "v": "visited"}


def _from_outcome(outcome: str, common: dict[str, Any]) -> MemberRecord:
    """outcome: `i`, `r` or `v`, the arrival, a space, and the coupon, the slug or the visit."""
    kind, since = outcome[0], outcome[1:].partition(" ")[0]
    return MemberRecord(
        state=_STATES[kind],
        arrived_at=_arrived_at(since),
        outcome=outcome.partition(" ")[2],
        **common,
    )


def _from_away(
    away: str, settings: SettingValues, now: RoomNow, common: dict[str, Any]
) -> MemberRecord:
    """away: the arrival, then `told` or nothing, then since when (us)."""
    since, *_, at = away.split()
    if now.state == DRAINING.word and _is_too_late(int(since), int(at), settings, now):
        common = {**common, "place_refusal": common["place_refusal"] or Draining.slug}
    return MemberRecord(
        state="told" if " told " in away else "missed" if "missed" in away else "passed_over",
        at=_at(at),
        arrived_at=_arrived_at(since),
        **common,
    )


def _is_too_late(arrival: int, away_us: int, settings: SettingValues, now: RoomNow) -> bool:
    """Whether they would return at the end of the line; as presence.lua decides."""
    if arrival < NUMBERS and away_us < now.opens_at_us:
        return now.now_us >= now.opens_at_us
    return now.now_us - away_us > settings.return_s * 1_000_000


def _at(microseconds: str | None) -> datetime | None:
    return None if microseconds is None else from_us(int(microseconds))


def _arrived_at(arrival: str) -> datetime | None:
    """None for a draw's number, which holds no time of arrival."""
    return from_us(int(arrival)) if int(arrival) >= NUMBERS else None


def _entry_refusal(
    settings: SettingValues, now: RoomNow, over: str | None, waiting: int
) -> str | None:
    """As enter.lua decides."""
    if over is not None:
        return over
    if now.now_us < now.opens_at_us - settings.lobby_s * 1_000_000:
        return NotOpenYet.slug
    if now.state == DRAINING.word:
        return Draining.slug
    return RoomFull.slug if waiting >= settings.size_max else None


def _hides_places(now: RoomNow) -> bool:
    return now.is_undrawn or now.is_restoring
