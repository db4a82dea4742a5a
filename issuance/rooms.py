"""Rooms: stores what rooms of all kinds have, for the modules of each kind."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from domain.branding import Branding
from domain.draw import SEED_BYTES
from domain.invalid_value import InvalidValue
from domain.planning.rate_steps import (
    RateStep,
    RateSteps,
    check_rate_steps,
    first_after,
    shift_steps,
)
from domain.refusals import AlreadyStarted
from domain.room import DrawSummary, Room, RoomKind
from domain.room_settings import RoomSettings
from domain.settings_spec import ROOM_SETTINGS, Value
from domain.watermark import Watermark
from issuance.tables import brandings, draws, rooms, watermarks

_SETTINGS = [one.name for one in ROOM_SETTINGS]
_BRANDING = [one.name for one in fields(Branding)]
_WATERMARK = [one.name for one in fields(Watermark)]
_PLAN = ("stage", "rehearses", "archived_at", "rate_steps", "next_step_at")


def room_columns() -> list[Any]:
    """What room_from_row reads, of a query that joins the tables of rooms."""
    own = [rooms.c[name] for name in (*_SETTINGS, "kind", "draw_seed", *_PLAN)]
    of_draw = (draws.c.drawn_at, draws.c.entrants_count, draws.c.entrants_sha256)
    looks = [brandings.c[name].label(f"brand_{name}") for name in _BRANDING]
    mark = [watermarks.c[name] for name in _WATERMARK]
    version = rooms.c.version.label("room_version")
    return [*own, version, *of_draw, *looks, *mark]


def join_tables_of_rooms(query: Select[Any]) -> Select[Any]:
    """The query, which has `rooms`, with all that hangs on them."""
    for table in (draws, brandings, watermarks):
        query = query.outerjoin(table, table.c.room_id == rooms.c.id)
    return query


def room_from_row(
    row: Row[Any],
    *,
    code: str,
    opens_at: datetime,
    closes_at: datetime,
    total_count: int,
    used_count: int,
    further: Mapping[str, Value],
) -> Room:
    """further: the settings that only rooms of its kind have."""
    drawn = watermark = None
    if row.drawn_at is not None:
        drawn = DrawSummary(row.drawn_at, row.entrants_count, row.entrants_sha256)
    if row.taken_at_us is not None:
        watermark = Watermark(**{name: getattr(row, name) for name in _WATERMARK})
    return Room(
        id=row.room_id,
        code=code,
        kind=row.kind,
        settings=RoomSettings(**{name: getattr(row, name) for name in _SETTINGS}),
        opens_at=opens_at,
        closes_at=closes_at,
        total_count=total_count,
        used_count=used_count,
        version=row.room_version,
        seed=bytes(row.draw_seed),
        drawn=drawn,
        branding=Branding(**{name: getattr(row, f"brand_{name}") or "" for name in _BRANDING}),
        watermark=watermark,
        further=further,
        stage=row.stage,
        rehearses=row.rehearses,
        archived_at=row.archived_at,
        rate_steps=_steps_from_json(row.rate_steps),
        next_step_at=row.next_step_at,
    )


def _steps_from_json(stored: Sequence[Mapping[str, Any]]) -> RateSteps:
    return tuple(RateStep(datetime.fromisoformat(one["at"]), one["rate_per_s"]) for one in stored)


def steps_as_json(steps: Sequence[RateStep]) -> list[dict[str, Any]]:
    """The steps as Postgres and the audit have them."""
    return [{"at": one.at.isoformat(), "rate_per_s": one.rate_per_s} for one in steps]


def describe_plan(room: Room) -> dict[str, Any]:
    """What is planned for a room as JSON-compatible values, for the audit; none if nothing is."""
    plan: dict[str, Any] = {}
    if room.stage != "published":
        plan["stage"] = room.stage
    if room.rate_steps:
        plan["rate_steps"] = steps_as_json(room.rate_steps)
    return plan


def latest_first(opens_at: Any, code: Any) -> tuple[Any, ...]:
    """The order of a list of rooms that has a limit: archived ones give way to others."""
    return rooms.c.archived_at.is_not(None), opens_at.desc(), code.desc()


def read_now(tx: Connection) -> datetime:
    """Postgres' time, also late in a long transaction."""
    now: datetime = tx.execute(select(func.clock_timestamp())).scalar_one()
    return now


def plan_after_change(
    tx: Connection, before: Room, settings: RoomSettings, opens_at: datetime, closes_at: datetime
) -> dict[str, Any]:
    """The columns that a change of the settings or the schedule changes too.

    Rate steps move with the opening. A rate that an admin sets counts until the next step, so the
    steps until now are over. Raises InvalidValue where a step is no longer before the end.
    """
    if not before.rate_steps:
        return {}
    is_other_rate = settings.rate_per_s != before.settings.rate_per_s
    moved_by = opens_at - before.opens_at
    if not moved_by and closes_at == before.closes_at and not is_other_rate:
        return {}
    steps = shift_steps(before.rate_steps, moved_by)
    check_rate_steps(steps, opens_at, closes_at)
    now = read_now(tx)
    next_at = before.next_step_at + moved_by if before.next_step_at else None
    if is_other_rate or moved_by:
        next_at = first_after(steps, now)
    return {"rate_steps": steps_as_json(steps), "next_step_at": next_at}


def insert_room(
    tx: Connection, room_id: UUID, code: str, kind: RoomKind, settings: RoomSettings, **more: Any
) -> None:
    """more: further columns, by name."""
    seed = secrets.token_bytes(SEED_BYTES)
    values = {"id": room_id, "code": code, "kind": kind, "draw_seed": seed, **asdict(settings)}
    tx.execute(insert(rooms).values(**values, **more))


def update_room(tx: Connection, room_id: UUID, **values: Any) -> None:
    """Change columns of a room. A process that read it before no longer applies what it read."""
    later = {"version": rooms.c.version + 1}
    tx.execute(update(rooms).where(rooms.c.id == room_id).values(**later, **values))


def check_draw_stands(
    tx: Connection, before: Room, settings: RoomSettings, opens_at: datetime
) -> None:
    """The lobby's order is fixed once members may enter it, and the opening once it is drawn.

    Raises AlreadyStarted, InvalidValue.
    """
    if before.drawn is not None and opens_at != before.opens_at:
        raise AlreadyStarted
    lobby_opens_at = before.opens_at - timedelta(seconds=before.settings.lobby_s)
    now = read_now(tx)
    is_fixed = before.has_line and now >= lobby_opens_at
    if settings.opening != before.settings.opening and is_fixed:
        raise InvalidValue("opening", "fixed_since", since=f"{lobby_opens_at:%H:%M}")
