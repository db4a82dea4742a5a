"""RoomSettings: what an admin may change while a line is moving."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from domain.invalid_value import InvalidValue
from domain.settings_spec import ROOM_SETTINGS, SettingValues


@dataclass(frozen=True, slots=True)
class RoomSettings(SettingValues):
    """The settings of one room; each is described in domain/settings_spec.py.

    Raises InvalidValue where a value lies outside its bounds.
    """

    def __post_init__(self) -> None:
        for setting in ROOM_SETTINGS:
            setting.check(getattr(self, setting.name))
        if self.rate_min_per_s > self.rate_max_per_s:
            raise InvalidValue(
                "rate_min_per_s",
                "at_most_field",
                other="rate_max_per_s",
                most=self.rate_max_per_s,
                got=self.rate_min_per_s,
            )

    def change(self, **changes: Any) -> RoomSettings:
        """The same settings with what was given changed; what is None stays."""
        return replace(self, **{name: v for name, v in changes.items() if v is not None})
