"""Lua scripts as package data: one file a move, shared pieces by `--@include`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.resources import files

from domain.settings_spec import ROOM_SETTINGS

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
    """The room settings as include/room.lua reads them: two tables in the same order."""
    names = ", ".join(f"'{setting.name}'" for setting in ROOM_SETTINGS)
    defaults = ", ".join(repr(setting.default) for setting in ROOM_SETTINGS)
    return f"local SETTING_NAMES = {{ {names} }}\nlocal SETTING_DEFAULTS = {{ {defaults} }}\n"


def by_member(reply: Sequence[bytes]) -> dict[str, int]:
    """Of a script's answer {member, number, member...}: the number of each, in their order."""
    return {who.decode(): int(at) for who, at in zip(reply[::2], reply[1::2], strict=True)}
