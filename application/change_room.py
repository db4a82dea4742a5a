"""Changes a room's settings, unless another admin has changed them since they were read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from application.change_offer import OfferChanges
from domain.coupon import Coupon
from domain.room_settings import RoomSettings
from issuance.errors import NoSuchCoupon
from issuance.offers import Offer
from waitroom.errors import NoSuchRoom

Change = Callable[[RoomSettings], RoomSettings]


class ChangedMeanwhile(Exception):
    """Another admin has changed these settings meanwhile."""

    def __init__(self, present: dict[str, Any]) -> None:
        """present: the current settings, with their `version`."""
        super().__init__()
        self.present = present


async def change_room(
    changes: OfferChanges, code: str, change: Change, *, who: str, version: int | None
) -> Offer:
    """Change the settings, write the audit entry, and apply them.

    version: of the settings that the admin read before; None to overwrite any. Raises NoSuchRoom,
    ChangedMeanwhile, OfficeAway, ValueError and the errors of `change`.
    """

    def alter(offer: Offer) -> tuple[Coupon, RoomSettings | None]:
        if offer.settings is None:
            raise NoSuchRoom
        # Checked under the coupon's lock: of two admins with the same version the second fails.
        if version is not None and version != offer.version:
            raise ChangedMeanwhile(asdict(offer.settings) | {"version": offer.version})
        return offer.coupon, change(offer.settings)

    try:
        return await changes.change(code, alter, who=who, what="room changed")
    except NoSuchCoupon as error:
        raise NoSuchRoom from error
