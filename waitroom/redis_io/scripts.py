"""Lua scripts as package data: one file a move, shared pieces by `--@include`.

Each script gets `keys`, a table by the names that its contract gives to KEYS, and the constants
that it uses of those it shares with Python. `Keys.for_script` gives the keys in the same order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from domain.settings_spec import ROOM_SETTINGS, RoomSetting
from waitroom.redis_io.constants import LUA_CONSTANTS

_LUA = files("waitroom") / "lua"
_KEY = re.compile(r"KEYS\[(\d+)\] (\w+)")
_INCLUDE = re.compile(r"^--@include (\w+)\n", re.MULTILINE)


def script(name: str) -> str:
    """The source of `lua/NAME.lua` with its keys, constants and includes in place."""
    contract, rest = _split(name)
    code = _INCLUDE.sub(lambda found: _include(found.group(1)), rest)
    table = _keys_table(name) if re.search(r"\bkeys\.", rest) else ""
    return contract + table + _constants(code) + code


@cache
def key_names(name: str) -> tuple[str, ...]:
    """What the script's contract calls each of its KEYS, in their order.

    Raises ValueError where it leaves one out.
    """
    contract, _ = _split(name)
    named = {int(number): key for number, key in _KEY.findall(contract)}
    if sorted(named) != list(range(1, len(named) + 1)):
        raise ValueError(f"the contract of {name}.lua leaves out one of its KEYS")
    return tuple(named[number] for number in sorted(named))


def _split(name: str) -> tuple[str, str]:
    """The contract, which is the comment on top, and what comes after it."""
    source = (_LUA / f"{name}.lua").read_text("utf-8")
    end = re.search(r"^(?!--(?!@))", source, re.MULTILINE)
    assert end is not None
    return source[: end.start()], source[end.start() :]


def _keys_table(name: str) -> str:
    pairs = (f"{key} = KEYS[{number}]" for number, key in enumerate(key_names(name), 1))
    return f"local keys = {{ {', '.join(pairs)} }}\n"


def _constants(code: str) -> str:
    used = {word for word in re.findall(r"\b[A-Z_]+\b", code) if word in LUA_CONSTANTS}
    return "".join(f"local {name} = {LUA_CONSTANTS[name]}\n" for name in sorted(used))


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
