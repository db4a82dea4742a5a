"""RoomSettings: a room's settings, validated; admins change them while the line moves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from domain.invalid_value import InvalidValue
from domain.settings_spec import ROOM_SETTINGS, SettingValues, check_settings


@dataclass(frozen=True, slots=True)
class RoomSettings(SettingValues):
    """The settings of one room, as described in domain/settings_spec.py.

    Raises InvalidValue for a value outside its bounds.
    """

    def __post_init__(self) -> None:
        check_settings(ROOM_SETTINGS, self)
        if self.rate_min_per_s > self.rate_max_per_s:
            raise InvalidValue(
                "rate_min_per_s",
                "at_most_field",
                other="rate_max_per_s",
                most=self.rate_max_per_s,
                got=self.rate_min_per_s,
            )

    def change(self, **changes: Any) -> RoomSettings:
        """A copy with these settings changed; None keeps a value."""
        return replace(self, **{name: v for name, v in changes.items() if v is not None})
