"""find_room: the room with a code, of any kind, inside a transaction."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, select

from domain.room import Room
from domain.sites.site_room import SiteRoom
from issuance.errors import translate_postgres_errors
from issuance.offers import Offer, find_offer
from issuance.planning.errors import NoRoomWithCode
from issuance.sites.site_rooms import find_site_room
from issuance.tables import rooms


def get_source(engine: Engine, code: str) -> Offer | SiteRoom:
    """The offer or the site's room with this code, of any stage.

    Raises NoRoomWithCode also for a coupon without a room, OfficeAway.
    """
    with translate_postgres_errors(), engine.begin() as tx:
        source = find_source(tx, code)
        room_of(source)
        return source


def find_source(tx: Connection, code: str, *, lock: bool = False) -> Offer | SiteRoom:
    """The offer or the site's room with this code. lock: as the changes of its kind lock it.

    Raises NoRoomWithCode also for a coupon without a room.
    """
    kind = tx.execute(select(rooms.c.kind).where(rooms.c.code == code)).scalar_one_or_none()
    if kind is None:
        raise NoRoomWithCode
    if kind == "coupon":
        return find_offer(tx, code, lock=lock)
    return find_site_room(tx, code, lock=lock)


def room_of(source: Offer | SiteRoom) -> Room:
    """Its room. Raises NoRoomWithCode for an offer without one."""
    if source.room is None:
        raise NoRoomWithCode
    return source.room


def find_room(tx: Connection, code: str, *, lock: bool = False) -> Room:
    """As `find_source`, the room alone. Raises NoRoomWithCode."""
    return room_of(find_source(tx, code, lock=lock))
