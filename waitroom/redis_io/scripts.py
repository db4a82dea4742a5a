"""Lua scripts: assembles each from its file, its `--@include`s, its keys and shared constants.

`--@include_for_sites` includes what only rooms that lead to a site need (`_for_sites`).

Each script gets `keys`, a table of KEYS by the names in its contract, and those constants of
`constants.py` that it uses. `Keys.for_script` passes the keys in the same order.
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
# One line or more, together.
_SITE_INCLUDES = re.compile(r"^(?:--@include_for_sites \w+\n)+", re.MULTILINE)
_FUNCTION = re.compile(r"^local function (\w+)", re.MULTILINE)


def script(name: str) -> str:
    """The source of `lua/NAME.lua` with its keys, constants and includes in place."""
    contract, rest = _split(name)
    code = _SITE_INCLUDES.sub(lambda found: _for_sites(found.group().split()[1::2]), rest)
    code = _INCLUDE.sub(lambda found: _include(found.group(1)), code)
    table = _keys_table(name) if re.search(r"\bkeys\b", rest) else ""
    return contract + table + _constants(code) + code


@cache
def key_names(name: str) -> tuple[str, ...]:
    """The names of the script's KEYS by its contract, in their order.

    Raises ValueError where the contract omits one.
    """
    contract, _ = _split(name)
    named = {int(number): key for number, key in _KEY.findall(contract)}
    if sorted(named) != list(range(1, len(named) + 1)):
        raise ValueError(f"{name}.lua: name each of its KEYS in the contract, as `KEYS[1] room`")
    return tuple(named[number] for number in sorted(named))


def _split(name: str) -> tuple[str, str]:
    """The contract (the comment on top), and the rest."""
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
    if name != "room":
        return source
    names = ", ".join(f"'{setting.name}'" for setting in ROOM_SETTINGS)
    return _settings_in() + source.replace("SETTING_NAMES)", f"{names})")


def _for_sites(names: Sequence[str]) -> str:
    """These includes' functions, which are made only once a script calls load_site_functions().

    Redis runs a whole script in each call, and to make a function takes as long as to call one: a
    crowd in front of coupons must not pay for those of sites.
    """
    code = "".join(_include(name) for name in names)
    declared = f"local {', '.join(_FUNCTION.findall(code))}\n"
    return f"{declared}local function load_site_functions()\n{_for_later(code)}end\n"


def _for_later(code: str) -> str:
    """The code, whose functions are assigned to variables that are declared before."""
    return _FUNCTION.sub(r"function \1", code)


def _settings_in() -> str:
    """Lua's settings_in(values, before): a table of the settings after the first `before` values.

    It is generated field by field, and the names are written out where they are read: a loop, and
    a table of the names, would take microseconds more in every call.
    """
    fields = ",\n    ".join(_field(setting, at) for at, setting in enumerate(ROOM_SETTINGS, 1))
    return f"local function settings_in(values, before)\n  return {{\n    {fields},\n  }}\nend\n"


def _field(setting: RoomSetting, at: int) -> str:
    # A room applied by an earlier version lacks new settings until they are applied again.
    value = f"values[before + {at}] or {setting.default!r}"
    return f"{setting.name} = {value if setting.type is str else f'tonumber({value})'}"


def by_member(reply: Sequence[bytes]) -> dict[str, int]:
    """Map a script's reply {member, number, member...} to numbers by member, in their order."""
    return {who.decode(): int(at) for who, at in zip(reply[::2], reply[1::2], strict=True)}
