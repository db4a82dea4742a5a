"""Every Lua move is one file with its contract on top, and all its pieces are there."""

import re
from pathlib import Path

import pytest

import waitroom
from waitroom.redis_io.constants import LUA_CONSTANTS
from waitroom.redis_io.keys import Keys
from waitroom.redis_io.scripts import key_names, script

LUA = Path(waitroom.__file__).parent / "lua"
MOVES = sorted(path.stem for path in LUA.glob("*.lua"))
# The others have keys of no room.
OF_A_ROOM = [
    move
    for move in MOVES
    if move not in ("start_attempt", "begin_session", "end_sessions", "rate_limit")
]
# Made only in rooms that lead to a site.
OF_SITES = {"visit", "walk_in"}
PIECES = sorted(path.stem for path in (LUA / "include").glob("*.lua"))


def includes(move: str) -> list[str]:
    source = (LUA / f"{move}.lua").read_text("utf-8")
    return re.findall(r"^--@include(?:_for_sites)? (\w+)$", source, re.MULTILINE)


def test_there_is_a_file_for_each_move():
    assert MOVES == [
        "add_latency", "add_spent", "admit", "apply_decision", "apply_settings", "begin_session",
        "claim_overdue", "claim_visit", "end_sessions", "end_visits", "enter", "find_visits",
        "issued_members", "leave", "list_visits", "mark_retold", "mark_saved", "place",
        "rate_limit", "renew_leases", "renew_visit", "report", "restore", "restore_visit",
        "retract", "start_attempt", "watermark",
    ]  # fmt: skip


@pytest.mark.parametrize("move", MOVES)
def test_a_move_has_its_includes_in_place(move):
    source = script(move)

    assert "--@include" not in source
    assert "SETTING_NAMES)" not in source
    for piece in includes(move):
        text = (LUA / "include" / f"{piece}.lua").read_text("utf-8")
        if "load_site_functions" in source and piece in OF_SITES:
            text = text.replace("local function ", "function ")
        # Python writes the names of the settings out.
        assert [half for half in text.split("SETTING_NAMES)") if half not in source] == []


@pytest.mark.parametrize("move", MOVES)
def test_a_move_opens_with_its_contract(move):
    contract = script(move).split("\n\n")[0]

    assert contract.startswith(f"-- {move}: ")
    assert "returns" in contract


@pytest.mark.parametrize("move", MOVES)
def test_a_move_names_every_key_and_argument_it_uses(move):
    contract, _, code = (LUA / f"{move}.lua").read_text("utf-8").partition("\n\n")

    for used in set(re.findall(r"(?:KEYS|ARGV)\[\d+\]", code)):
        assert used in contract or "ARGV    member ids" in contract


@pytest.mark.parametrize("move", OF_A_ROOM)
def test_a_move_uses_each_key_that_its_contract_names_and_no_other(move):
    own = (LUA / f"{move}.lua").read_text("utf-8")
    pieces = [(LUA / "include" / f"{one}.lua").read_text("utf-8") for one in includes(move)]

    assert set(re.findall(r"\bkeys\.(\w+)", own)) <= set(key_names(move))
    used = set(re.findall(r"\bkeys\.(\w+)", "".join([own, *pieces])))
    assert set(key_names(move)) <= used


@pytest.mark.parametrize("move", OF_A_ROOM)
def test_python_passes_the_keys_that_the_contract_names(move):
    keys = Keys("spring")

    table = ", ".join(f"{name} = KEYS[{n}]" for n, name in enumerate(key_names(move), 1))
    assert f"local keys = {{ {table} }}\n" in script(move)
    assert keys.for_script(move) == [getattr(keys, name) for name in key_names(move)]
    assert set(keys.for_script(move)) <= set(keys.all())


@pytest.mark.parametrize("name", LUA_CONSTANTS)
def test_a_shared_constant_stands_once(name):
    sources = [path.read_text("utf-8") for path in LUA.rglob("*.lua")]
    users = [move for move in MOVES if re.search(rf"\b{name}\b", script(move))]

    assert not [source for source in sources if re.search(rf"\b{name} *=[^=]", source)]
    assert users
    for move in users:
        assert script(move).count(f"local {name} = {LUA_CONSTANTS[name]}\n") == 1


@pytest.mark.parametrize("move", MOVES)
def test_a_move_touches_no_key_that_it_was_not_given(move):
    for key in re.findall(r"redis\.call\('[A-Z]+', *([^,)]+)", script(move)):
        assert re.match(r"KEYS\[\d+\]|keys?(_before)?\b", key.strip())


@pytest.mark.parametrize("move", ["enter", "place", "restore"])
def test_a_room_of_coupons_makes_no_function_of_sites(move):
    source = script(move)
    before, _, rest = source.partition("local function load_site_functions()\n")
    of_sites = rest.partition("\nend\nlocal ")[0]

    made = re.findall(r"^function (\w+)", rest, re.MULTILINE)
    assert made
    assert set(made) == set(re.findall(r"^function (\w+)", of_sites, re.MULTILINE))
    assert all(re.search(rf"^local .*\b{name}\b", before, re.MULTILINE) for name in made)
    assert "if room.is_site then load_site_functions() end" in rest


def test_every_piece_is_used_by_some_move():
    assert {piece for move in MOVES for piece in includes(move)} == set(PIECES)


def test_a_move_that_is_not_there_is_an_error():
    with pytest.raises(FileNotFoundError):
        script("nothing")
