"""The whole cast of the unit tests: two members, one coupon, and noon."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.coupon import Coupon
from domain.discount import DiscountPolicy
from domain.inventory import Inventory
from domain.member import Member
from domain.room import Room
from domain.room_settings import RoomSettings
from issuance.offers import Offer

alice, bob = Member("alice"), Member("bob")
noon = datetime(2026, 5, 1, 12, tzinfo=UTC)


def spring(total: int = 1, used: int = 0, **changes: object) -> Coupon:
    """A coupon that opened an hour before noon and ends a day after."""
    values: dict[str, object] = {
        "id": UUID(int=1),
        "code": "spring",
        "description": "Spring sale",
        "discount": DiscountPolicy("amount", 5_000),
        "inventory": Inventory(total, used),
        "opens_at": noon - timedelta(hours=1),
        "expire_date": noon + timedelta(days=1),
    }
    return Coupon(**(values | changes))


def a_room(coupon: Coupon, settings: RoomSettings) -> Room:
    """The coupon's room, in its first version."""
    return Room(
        id=coupon.id,
        code=coupon.code,
        kind="coupon",
        settings=settings,
        opens_at=coupon.opens_at,
        closes_at=coupon.expire_date,
        total_count=coupon.inventory.total_count,
        used_count=coupon.inventory.used_count,
        version=1,
    )


def an_offer(coupon: Coupon, settings: RoomSettings) -> Offer:
    return Offer(coupon, a_room(coupon, settings))
