"""Offers: stores coupons with the settings of their lines, and audits every change."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from domain.branding import PLAIN, Branding
from domain.coupon import Coupon
from domain.draw import SEED_BYTES
from domain.invalid_value import InvalidValue
from domain.phase import RoomNow, RoomPhase, room_phase
from domain.refusals import AlreadyStarted
from domain.room import DrawSummary, Room
from domain.room_settings import RoomSettings
from domain.settings_spec import ROOM_SETTINGS
from domain.unix_time import to_us
from domain.watermark import Watermark
from issuance.audit import record
from issuance.errors import CodeTaken, NoSuchCoupon, translate_postgres_errors
from issuance.mappers import coupon_from_row, insert_coupon, update_coupon
from issuance.tables import brandings, coupons, draws, rooms, watermarks

OFFERS_MAX = 1_000
_SETTINGS = [one.name for one in ROOM_SETTINGS]
_BRANDING = [one.name for one in fields(Branding)]
_WATERMARK = [one.name for one in fields(Watermark)]


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
    """The OFFERS_MAX offers that open last, sorted by opening."""
    latest = _offers().order_by(coupons.c.opens_at.desc(), coupons.c.code.desc())
    with translate_postgres_errors(), engine.begin() as tx:
        rows = tx.execute(latest.limit(OFFERS_MAX)).all()
    return [_offer_from_row(row) for row in reversed(rows)]


def get_offer(engine: Engine, code: str) -> Offer:
    """One offer. Raises NoSuchCoupon."""
    with translate_postgres_errors(), engine.begin() as tx:
        return find_offer(tx, code)


def create_offer(
    engine: Engine, coupon: Coupon, settings: RoomSettings | None, *, who: str, now: datetime
) -> Offer:
    """Create a coupon, and its room if there are settings. Raises CodeTaken, OfficeAway."""
    with translate_postgres_errors(), engine.begin() as tx:
        try:
            room_id = None if settings is None else _insert_room(tx, coupon, settings)
            insert_coupon(tx, coupon, room_id)
        except IntegrityError as error:
            raise CodeTaken from error
        made = find_offer(tx, coupon.code)
        record(tx, who, "coupon created", coupon.code, None, describe_offer(made), now)
    return made


def _insert_room(tx: Connection, coupon: Coupon, settings: RoomSettings) -> UUID:
    # The coupon's id: the release before writes it into the tables of rooms.
    tx.execute(
        insert(rooms).values(
            id=coupon.id,
            code=coupon.code,
            kind="coupon",
            coupon_id=coupon.id,
            draw_seed=secrets.token_bytes(SEED_BYTES),
            **asdict(settings),
        )
    )
    return coupon.id


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
        _check_draw_stands(
            before, coupon, settings, tx.execute(select(func.clock_timestamp())).scalar_one()
        )
        update_coupon(tx, coupon)
        if before.room is not None and settings is not None:
            values = asdict(settings) | {"version": rooms.c.version + 1}
            tx.execute(update(rooms).where(rooms.c.id == before.room.id).values(**values))
        after = find_offer(tx, code)
        if describe_offer(after) != describe_offer(before):
            record(tx, who, what, code, describe_offer(before), describe_offer(after), now)
    return after


def _check_draw_stands(
    before: Offer, coupon: Coupon, settings: RoomSettings | None, now: datetime
) -> None:
    """The lobby's order is fixed once members may enter it, and the opening once it is drawn."""
    if before.settings is None or settings is None:
        return
    if before.drawn is not None and coupon.opens_at != before.coupon.opens_at:
        raise AlreadyStarted
    lobby_opens_at = before.coupon.opens_at - timedelta(seconds=before.settings.lobby_s)
    if settings.opening != before.settings.opening and now >= lobby_opens_at:
        raise InvalidValue("opening", "fixed_since", since=f"{lobby_opens_at:%H:%M}")


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
    }


def _offers() -> Any:
    columns = [rooms.c[name] for name in (*_SETTINGS, "kind", "draw_seed")]
    of_draw = (draws.c.drawn_at, draws.c.entrants_count, draws.c.entrants_sha256)
    looks = [brandings.c[name].label(f"brand_{name}") for name in _BRANDING]
    mark = [watermarks.c[name] for name in _WATERMARK]
    more = [rooms.c.version.label("room_version"), *of_draw, *looks, *mark]
    return (
        select(coupons, *columns, *more)
        .outerjoin(rooms, rooms.c.id == coupons.c.room_id)
        .outerjoin(draws, draws.c.room_id == rooms.c.id)
        .outerjoin(brandings, brandings.c.room_id == rooms.c.id)
        .outerjoin(watermarks, watermarks.c.room_id == rooms.c.id)
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
    drawn = watermark = None
    if row.drawn_at is not None:
        drawn = DrawSummary(row.drawn_at, row.entrants_count, row.entrants_sha256)
    if row.taken_at_us is not None:
        watermark = Watermark(**{name: getattr(row, name) for name in _WATERMARK})
    return Room(
        id=row.room_id,
        code=coupon.code,
        kind=row.kind,
        settings=RoomSettings(**{name: getattr(row, name) for name in _SETTINGS}),
        opens_at=coupon.opens_at,
        closes_at=coupon.expire_date,
        total_count=coupon.inventory.total_count,
        used_count=coupon.inventory.used_count,
        version=row.room_version,
        seed=bytes(row.draw_seed),
        drawn=drawn,
        branding=Branding(**{name: getattr(row, f"brand_{name}") or "" for name in _BRANDING}),
        watermark=watermark,
    )
