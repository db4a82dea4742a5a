"""Stores the rooms of sites, and audits every change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from domain.room import Room, Stage
from domain.room_settings import RoomSettings
from domain.sites.settings_spec import SITE_SETTINGS
from domain.sites.site import Site
from domain.sites.site_room import NEVER, UNBOUNDED_COUNT, SiteRoom
from domain.sites.site_settings import SiteSettings
from issuance.audit import record
from issuance.draws import store_draw
from issuance.errors import CodeTaken, translate_postgres_errors
from issuance.rooms import (
    check_draw_stands,
    describe_plan,
    insert_room,
    join_tables_of_rooms,
    latest_first,
    plan_after_change,
    room_columns,
    room_from_row,
    update_room,
)
from issuance.sites.errors import NoSuchSiteRoom
from issuance.sites.sites import find_site, read_sites
from issuance.sites.tables import site_rooms, sites
from issuance.tables import rooms

SITE_ROOMS_MAX = 1_000
_SETTINGS = [one.name for one in SITE_SETTINGS]

# Takes the present room; returns the changed one, or raises.
Alter = Callable[[SiteRoom], SiteRoom]


def list_site_rooms(engine: Engine) -> list[SiteRoom]:
    """The SITE_ROOMS_MAX rooms of sites that open last, sorted by opening: also drafts and
    archived ones, which give way to others. Raises OfficeAway.
    """
    latest = _site_rooms().order_by(*latest_first(rooms.c.opens_at, rooms.c.code))
    with translate_postgres_errors(), engine.begin() as tx:
        found = {site.id: site for site in read_sites(tx)}
        rows = tx.execute(latest.limit(SITE_ROOMS_MAX)).all()
    # A site that was created in between is in the next reading.
    known = [_from_row(row, found[row.site_id]) for row in rows if row.site_id in found]
    return sorted(known, key=lambda one: (one.room.opens_at, one.code))


def get_site_room(engine: Engine, code: str) -> SiteRoom:
    """Raises NoSuchSiteRoom, OfficeAway."""
    with translate_postgres_errors(), engine.begin() as tx:
        return find_site_room(tx, code)


def create_site_room(
    engine: Engine,
    site_code: str,
    code: str,
    *,
    title: str,
    opens_at: datetime,
    closes_at: datetime | None = None,
    room_settings: RoomSettings,
    settings: SiteSettings,
    stage: Stage = "published",
    who: str,
    now: datetime,
) -> SiteRoom:
    """closes_at: None for a room that never closes.

    Raises InvalidValue, NoSuchSite, CodeTaken also where a coupon has this code, OfficeAway.
    """
    with translate_postgres_errors(), engine.begin() as tx:
        site = find_site(tx, site_code)
        room = Room(
            id=uuid4(),
            code=code,
            kind="site",
            settings=room_settings,
            opens_at=opens_at,
            closes_at=closes_at or NEVER,
            total_count=UNBOUNDED_COUNT,
            used_count=0,
            version=1,
        )
        made = SiteRoom(room, site, title, settings)
        made.check_target_url()
        insert_site_room(tx, made, stage=stage)
        made = find_site_room(tx, code)
        record(tx, who, "site room created", code, None, describe_site_room(made), now)
        return made


def insert_site_room(tx: Connection, one: SiteRoom, **plan: Any) -> None:
    """plan: further columns of the room, by name. Raises CodeTaken."""
    room = one.room
    try:
        schedule = {"opens_at": room.opens_at, "closes_at": one.closes_at}
        insert_room(tx, room.id, room.code, "site", room.settings, **schedule, **plan)
    except IntegrityError as error:
        raise CodeTaken from error
    own = {"site_id": one.site.id, "title": one.title, **asdict(one.settings)}
    tx.execute(insert(site_rooms).values(room_id=room.id, **own))


def change_site_room(
    engine: Engine, code: str, alter: Alter, *, who: str, what: str = "room changed", now: datetime
) -> SiteRoom:
    """Change a room under its lock. Its code, kind and site stay.

    Raises NoSuchSiteRoom, OfficeAway and all that `alter` raises; AlreadyStarted or InvalidValue if
    the change would invalidate a draw.
    """
    with translate_postgres_errors(), engine.begin() as tx:
        before = find_site_room(tx, code, lock=True)
        after = alter(before)
        room = after.room
        if after.settings.target_url != before.settings.target_url:
            after.check_target_url()
        check_draw_stands(tx, before.room, room.settings, room.opens_at)
        old, new = describe_site_room(before), describe_site_room(after)
        if old == new:
            return before
        schedule = {"opens_at": room.opens_at, "closes_at": after.closes_at}
        closes_at = room.closes_at
        plan = plan_after_change(tx, before.room, room.settings, room.opens_at, closes_at)
        update_room(tx, before.room.id, **schedule, **asdict(room.settings), **plan)
        own = {"title": after.title, **asdict(after.settings)}
        tx.execute(update(site_rooms).where(site_rooms.c.room_id == before.room.id).values(**own))
        record(tx, who, what, code, old, new, now)
        return find_site_room(tx, code)


def save_draw(engine: Engine, code: str, members: Sequence[str], drawn_at: datetime) -> Room:
    """Store the members in the order drawn, once. Raises NoSuchSiteRoom, OfficeAway."""
    with translate_postgres_errors(), engine.begin() as tx:
        store_draw(tx, find_site_room(tx, code, lock=True).room, members, drawn_at)
        return find_site_room(tx, code).room


def find_site_room(tx: Connection, code: str, *, lock: bool = False) -> SiteRoom:
    """One room, inside a transaction. lock: until its end. Raises NoSuchSiteRoom."""
    if lock:
        # In a statement of its own, as in offers.find_offer.
        tx.execute(select(rooms.c.id).where(rooms.c.code == code).with_for_update())
    row = tx.execute(_site_rooms().where(rooms.c.code == code)).one_or_none()
    if row is None:
        raise NoSuchSiteRoom
    return _from_row(row, find_site(tx, row.site_code))


def describe_site_room(one: SiteRoom) -> dict[str, Any]:
    """A room as JSON-compatible values, for the audit."""
    return {
        "site": one.site.code,
        "title": one.title,
        "opens_at": one.room.opens_at.isoformat(),
        "closes_at": one.closes_at.isoformat() if one.closes_at else None,
        "room": {**asdict(one.room.settings), **asdict(one.settings)},
        **describe_plan(one.room),
    }


def _site_rooms() -> Any:
    own = [site_rooms.c[name] for name in ("room_id", "site_id", "title", *_SETTINGS)]
    of_room = [rooms.c[name] for name in ("code", "opens_at", "closes_at")]
    of_site = sites.c.code.label("site_code")
    query = select(*own, *of_room, of_site, *room_columns()).select_from(
        site_rooms.join(rooms, rooms.c.id == site_rooms.c.room_id).join(
            sites, sites.c.id == site_rooms.c.site_id
        )
    )
    return join_tables_of_rooms(query)


def _from_row(row: Row[Any], site: Site) -> SiteRoom:
    settings = SiteSettings(**{name: getattr(row, name) for name in _SETTINGS})
    room = room_from_row(
        row,
        code=row.code,
        opens_at=row.opens_at,
        closes_at=row.closes_at or NEVER,
        total_count=UNBOUNDED_COUNT,
        used_count=0,
        further=asdict(settings),
    )
    return SiteRoom(room, site, row.title, settings)
