"""What integration tests begin with: a coupon on offer, a room in force."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import Engine, update

from domain.coupon import Coupon
from domain.discount import DiscountPolicy
from domain.inventory import Inventory
from domain.room import Room
from domain.room_settings import RoomSettings
from issuance import offers
from issuance.offers import Offer
from issuance.tables import coupons, issued_coupons
from waitroom.line import Line

HOUR = timedelta(hours=1)


def now() -> datetime:
    return datetime.now(UTC)


def a_coupon(code: str, total: int = 10, **changes: object) -> Coupon:
    values: dict[str, object] = {
        "id": uuid4(),
        "code": code,
        "description": "Spring sale",
        "discount": DiscountPolicy("amount", 5_000),
        "inventory": Inventory(total),
        "opens_at": now() - HOUR,
        "expire_date": now() + HOUR,
    }
    return Coupon(**(values | changes))


def on_offer(engine: Engine, code: str, total: int = 10, **changes: object) -> Offer:
    """A coupon with its line; issuing directly where `changes` says so."""
    room = changes.pop("room", RoomSettings(rate_per_s=10_000, burst=10_000))
    coupon = a_coupon(code, total, **changes)
    settings = room if coupon.issuing == "queue" else None
    return offers.create_offer(engine, coupon, settings, who="test", now=now())


def time_passes(engine: Engine, by: timedelta) -> None:
    """For what Postgres' clock decides, which can't be turned: all schedules are moved back."""
    with engine.begin() as tx:
        for table in (coupons, issued_coupons):
            times = [table.c.expire_date]
            times += [table.c.opens_at] if "opens_at" in table.c else [table.c.issued_at]
            tx.execute(update(table).values({one: one - by for one in times}))


def a_room(code: str, total: int = 1_000, version: int = 1, **changes: object) -> Room:
    times = {n: changes.pop(n) for n in ("opens_at", "closes_at") if n in changes}
    used = changes.pop("used_count", 0)
    settings = {"rate_per_s": 100_000, "burst": 100_000, "seats": 100_000} | changes
    return Room(
        id=uuid4(),
        code=code,
        kind="coupon",
        settings=RoomSettings(**settings),
        opens_at=times.get("opens_at", now() - HOUR),
        closes_at=times.get("closes_at", now() + HOUR),
        total_count=total,
        used_count=used,
        version=version,
    )


async def in_force(line: Line, code: str, **changes: object) -> Room:
    room = a_room(code, **changes)
    await line.apply_settings(room)
    return room
