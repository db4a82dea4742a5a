"""SiteSettings: what a site room has besides a room's settings, validated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from domain.invalid_value import InvalidValue
from domain.room_settings import RoomSettings
from domain.settings_spec import check_settings
from domain.sites.settings_spec import SITE_SETTINGS, SiteSettingValues


@dataclass(frozen=True, slots=True)
class SiteSettings(SiteSettingValues):
    """The settings of one site room, as described in domain/sites/settings_spec.py.

    Raises InvalidValue for a value outside its bounds.
    """

    def __post_init__(self) -> None:
        check_settings(SITE_SETTINGS, self)
        if self.renewal == "sliding" and self.session_s > self.session_max_s:
            raise InvalidValue(
                "session_s",
                "at_most_field",
                other="session_max_s",
                most=self.session_max_s,
                got=self.session_s,
            )

    def change(self, **changes: Any) -> SiteSettings:
        """A copy with these settings changed; None keeps a value."""
        return replace(self, **{name: v for name, v in changes.items() if v is not None})


def split_settings(values: Mapping[str, Any]) -> tuple[RoomSettings, SiteSettings]:
    """The settings of a new room, from values of both kinds by name. Raises InvalidValue."""
    names = {one.name for one in SITE_SETTINGS}
    own = {name: value for name, value in values.items() if name in names}
    of_all = {name: value for name, value in values.items() if name not in names}
    return RoomSettings(**of_all), SiteSettings(**own)
