"""Where a mutation of Python is anchored: a name, and a piece of syntax in it."""

from __future__ import annotations

import pytest

from tests.mutations.anchor import AnchorError, replace_python

SOURCE = """\
from a import b, c

RATE = 1.0


class Room:
    # Before it.
    def admit(self, seats: int, *, rate: float = RATE) -> int:
        if seats > 0:  # a comment: with a colon
            self.count(
                seats,
                name="é",
                rate=rate,
            )
            return seats
        try:
            self.close()
        except ValueError:
            return 0
        return f(rate) or -1

    def count(self, *args):
        return seats


def admit(seats):
    return seats
"""


COUNTED = """\
            self.count(
                seats,
                name="é",
                rate=rate,
            )
            return seats"""


@pytest.mark.parametrize(
    ("within", "old", "new", "before", "after"),
    [
        (
            "admit",
            "return seats",
            "return 0",
            "t(seats):\n    return seats",
            "t(seats):\n    return 0",
        ),
        ("Room.admit", "seats > 0", "True", "if seats > 0:", "if True:"),
        ("Room.admit", "if seats > 0:", "if 1:", "if seats > 0:", "if 1:"),
        ("Room.admit", "except ValueError:", "except KeyError:", "ValueError", "KeyError"),
        ("Room.admit", "rate = rate", "rate=2", "rate=rate", "rate=2"),
        ("Room.admit", "seats: int", "places: int", "seats: int", "places: int"),
        ("Room.admit", "name='\\u00e9'", "", 'name="é",\n                ', ""),
        ("Room.admit", "f(rate)", "g(\n1)", "f(rate)", "g(\n1)"),
        ("Room.admit", "self.close()", "pass", "self.close()", "pass"),
        ("Room.admit", "self.close()", "a()\nb()", "self.close()", "a()\n            b()"),
        (
            "Room.admit",
            "self.count( seats, name='é', rate=(rate))\nreturn seats",
            "x",
            COUNTED,
            "x",
        ),
        ("RATE", "RATE = 1.00", "RATE = 2", "RATE = 1.0", "RATE = 2"),
        ("c", "c", "d as c", "import b, c", "import b, d as c"),
        (
            "Room.count",
            "def count(self, *args):",
            "def f():",
            "def count(self, *args):",
            "def f():",
        ),
    ],
)
def test_only_the_piece_is_replaced(within, old, new, before, after):
    put = after if before != COUNTED else f"            {after}"
    assert SOURCE.count(before) == 1

    assert replace_python(SOURCE, within, old, new) == SOURCE.replace(before, put)


def test_a_statement_is_removed_with_its_lines():
    source = "def f():\n    a()  # why\n    # before b\n    b()\n"

    assert replace_python(source, "f", "a()", "") == "def f():\n    # before b\n    b()\n"
    assert replace_python(source, "f", "b()", "") == "def f():\n    a()  # why\n    # before b\n"


def test_an_argument_is_removed_with_one_comma():
    assert replace_python("def f():\n    g(a, b)\n", "f", "a", "") == "def f():\n    g(b)\n"
    assert replace_python("def f():\n    g(a, b)\n", "f", "b", "") == "def f():\n    g(a)\n"
    assert replace_python("def f():\n    g(a=1)\n", "f", "a=1", "") == "def f():\n    g()\n"


@pytest.mark.parametrize(
    ("within", "old", "said"),
    [
        ("Room.admit", "seats", "stands 3 times in Room.admit"),
        ("Room.admit", "seats < 0", "stands 0 times in Room.admit"),
        ("Room.admit", "while seats > 0:", "stands 0 times in Room.admit"),
        ("Room.enter", "seats", "Room.enter is defined 0 times"),
        ("count", "seats", "count is defined 0 times"),
    ],
)
def test_what_does_not_stand_just_once_is_said(within, old, said):
    with pytest.raises(AnchorError, match=said):
        replace_python(SOURCE, within, old, "x")


def test_a_name_that_is_defined_twice_is_no_place():
    with pytest.raises(AnchorError, match="f is defined 2 times"):
        replace_python("def f(): a\ndef f(): a\n", "f", "a", "b")


def test_pieces_of_an_f_string_are_no_places_but_all_of_it_is():
    source = "X = f'{a} is'\n"

    with pytest.raises(AnchorError, match="stands 0 times in X"):
        replace_python(source, "X", "a", "b")
    assert replace_python(source, "X", "f'{a} is'", "b") == "X = b\n"
