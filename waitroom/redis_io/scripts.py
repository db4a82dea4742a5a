"""Lua scripts as package data: one file a move, shared pieces by `--@include`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.resources import files

from domain.settings_spec import ROOM_SETTINGS, RoomSetting

_LUA = files("waitroom") / "lua"
_INCLUDE = re.compile(r"^--@include (\w+)\n", re.MULTILINE)


def script(name: str) -> str:
    """The source of `lua/NAME.lua` with its includes in place."""
    source = (_LUA / f"{name}.lua").read_text("utf-8")
    return _INCLUDE.sub(lambda found: _include(found.group(1)), source)


def _include(name: str) -> str:
    source = (_LUA / "include" / f"{name}.lua").read_text("utf-8")
    return _settings() + source if name == "room" else source


def _settings() -> str:
    """The room settings in Lua: SETTING_NAMES, and settings_in(values, before).

    The latter makes a table of them, where `before` other values come first. A field for each is
    written out: a loop over them would take microseconds more in every call.
    """
    names = ", ".join(f"'{setting.name}'" for setting in ROOM_SETTINGS)
    fields = ",\n    ".join(_field(setting, at) for at, setting in enumerate(ROOM_SETTINGS, 1))
    return (
        f"local SETTING_NAMES = {{ {names} }}\n"
        f"local function settings_in(values, before)\n  return {{\n    {fields},\n  }}\nend\n"
    )


def _field(setting: RoomSetting, at: int) -> str:
    # A room that an earlier version has settled has a new setting once it is settled again.
    value = f"values[before + {at}] or {setting.default!r}"
    return f"{setting.name} = {value if setting.type is str else f'tonumber({value})'}"


def by_member(reply: Sequence[bytes]) -> dict[str, int]:
    """Of a script's answer {member, number, member...}: the number of each, in their order."""
    return {who.decode(): int(at) for who, at in zip(reply[::2], reply[1::2], strict=True)}
