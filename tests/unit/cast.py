"""The whole cast of the unit tests: two members, one coupon, and noon."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.coupon import Coupon
from domain.discount import DiscountPolicy
from domain.inventory import Inventory
from domain.member import Member

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
