"""Offers: stores coupons with the settings of their lines, and audits every change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, select
from sqlalchemy.exc import IntegrityError

from domain.branding import PLAIN, Branding
from domain.coupon import Coupon
from domain.invalid_value import InvalidValue
from domain.phase import RoomNow, RoomPhase, room_phase
from domain.room import DrawSummary, Room, Stage
from domain.room_settings import RoomSettings
from domain.unix_time import to_us
from issuance.audit import record
from issuance.errors import CodeTaken, NoSuchCoupon, translate_postgres_errors
from issuance.mappers import coupon_from_row, insert_coupon, update_coupon
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
from issuance.tables import coupons, rooms

OFFERS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Offer:
    """A coupon with its room; room is None for coupons that are issued directly."""

    coupon: Coupon
    room: Room | None

    @property
    def settings(self) -> RoomSettings | None:
        return self.room.settings if self.room else None

    @property
    def version(self) -> int:
        """Grows with every change to the coupon or the room; 0 without a room."""
        return self.room.version if self.room else 0

    @property
    def drawn(self) -> DrawSummary | None:
        return self.room.drawn if self.room else None

    @property
    def has_pages(self) -> bool:
        """Whether members reach it by its code; all but drafts."""
        return self.room is None or self.room.stage != "draft"

    @property
    def is_listed(self) -> bool:
        """Whether members and programs find it in a list."""
        return self.room is None or self.room.is_listed

    @property
    def is_archived(self) -> bool:
        return self.room is not None and self.room.archived_at is not None

    @property
    def branding(self) -> Branding:
        return self.room.branding if self.room else PLAIN

    def phase(self, now: datetime) -> RoomPhase:
        """The phase as Postgres knows it; only Redis knows whether the line is restoring."""
        settings = self.settings
        return room_phase(
            RoomNow(
                state=settings.state if settings else "open",
                remain_count=self.coupon.inventory.remain_count,
                now_us=to_us(now),
                opens_at_us=to_us(self.coupon.opens_at),
                closes_at_us=to_us(self.coupon.expire_date),
                is_undrawn=settings is not None
                and settings.opening == "draw"
                and self.drawn is None,
            )
        )


# Takes the present offer; returns the changed coupon and settings, or raises.
Alter = Callable[[Offer], tuple[Coupon, RoomSettings | None]]


def list_offers(engine: Engine) -> list[Offer]:
    """The OFFERS_MAX offers that open last, sorted by opening: also drafts and archived ones.

    Archived ones give way to others.
    """
    latest = _offers().order_by(*latest_first(coupons.c.opens_at, coupons.c.code))
    with translate_postgres_errors(), engine.begin() as tx:
        rows = tx.execute(latest.limit(OFFERS_MAX)).all()
    return sorted(
        map(_offer_from_row, rows), key=lambda one: (one.coupon.opens_at, one.coupon.code)
    )


def get_offer(engine: Engine, code: str) -> Offer:
    """One offer. Raises NoSuchCoupon."""
    with translate_postgres_errors(), engine.begin() as tx:
        return find_offer(tx, code)


def create_offer(
    engine: Engine,
    coupon: Coupon,
    settings: RoomSettings | None,
    *,
    stage: Stage = "published",
    who: str,
    now: datetime,
) -> Offer:
    """Create a coupon, and its room if there are settings.

    Raises InvalidValue for a draft without a room, CodeTaken, OfficeAway.
    """
    if settings is None and stage != "published":
        raise InvalidValue("draft", "needs_line")
    with translate_postgres_errors(), engine.begin() as tx:
        insert_offer(tx, coupon, settings, stage=stage)
        made = find_offer(tx, coupon.code)
        record(tx, who, "coupon created", coupon.code, None, describe_offer(made), now)
    return made


def insert_offer(
    tx: Connection, coupon: Coupon, settings: RoomSettings | None, **plan: Any
) -> None:
    """plan: further columns of the room, by name. Raises CodeTaken."""
    try:
        room_id = None
        if settings is not None:
            # The coupon's id: the release before writes it into the tables of rooms.
            room_id = coupon.id
            own = {"coupon_id": coupon.id, **plan}
            insert_room(tx, room_id, coupon.code, "coupon", settings, **own)
        insert_coupon(tx, coupon, room_id)
    except IntegrityError as error:
        raise CodeTaken from error


def change_offer(
    engine: Engine,
    code: str,
    alter: Alter,
    *,
    who: str,
    what: str,
    now: datetime,
) -> Offer:
    """Change an offer under its coupon's lock: nothing is issued between reading and writing.

    Raises NoSuchCoupon, OfficeAway and all that `alter` raises; AlreadyStarted or InvalidValue if
    the change would invalidate a draw.
    """
    with translate_postgres_errors(), engine.begin() as tx:
        before = find_offer(tx, code, lock=True)
        coupon, settings = alter(before)
        room = before.room
        if room is not None and settings is not None:
            check_draw_stands(tx, room, settings, coupon.opens_at)
        update_coupon(tx, coupon)
        if room is not None and settings is not None:
            plan = plan_after_change(tx, room, settings, coupon.opens_at, coupon.expire_date)
            update_room(tx, room.id, **asdict(settings), **plan)
        after = find_offer(tx, code)
        if describe_offer(after) != describe_offer(before):
            record(tx, who, what, code, describe_offer(before), describe_offer(after), now)
    return after


def describe_offer(one: Offer) -> dict[str, Any]:
    """An offer as JSON-compatible values, for the audit."""
    coupon = one.coupon
    return {
        "description": coupon.description,
        "discount": asdict(coupon.discount),
        "total_count": coupon.inventory.total_count,
        "opens_at": coupon.opens_at.isoformat(),
        "expire_date": coupon.expire_date.isoformat(),
        "issuing": coupon.issuing,
        "room": asdict(one.settings) if one.settings else None,
        **(describe_plan(one.room) if one.room else {}),
    }


def _offers() -> Any:
    return join_tables_of_rooms(
        select(coupons, *room_columns()).outerjoin(rooms, rooms.c.id == coupons.c.room_id)
    )


def find_offer(tx: Connection, code: str, *, lock: bool = False) -> Offer:
    """One offer, inside a transaction. lock: take its coupon's lock. Raises NoSuchCoupon."""
    if lock:
        # Lock in a statement of its own: a joined query that waits for the lock would read `rooms`
        # from its snapshot before the wait, and undo the change that it waited for.
        tx.execute(select(coupons.c.id).where(coupons.c.code == code).with_for_update())
    row = tx.execute(_offers().where(coupons.c.code == code)).one_or_none()
    if row is None:
        raise NoSuchCoupon
    return _offer_from_row(row)


def _offer_from_row(row: Row[Any]) -> Offer:
    coupon = coupon_from_row(row)
    return Offer(coupon, None if row.room_id is None else _room_from_row(row, coupon))


def _room_from_row(row: Row[Any], coupon: Coupon) -> Room:
    return room_from_row(
        row,
        code=coupon.code,
        opens_at=coupon.opens_at,
        closes_at=coupon.expire_date,
        total_count=coupon.inventory.total_count,
        used_count=coupon.inventory.used_count,
        further={},
    )
