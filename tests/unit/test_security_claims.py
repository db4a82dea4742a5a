"""SECURITY.md: each claim names a test there is, and a mutation that this test notices."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.mutations.listed import MUTATIONS
from tests.mutations.mutation import Mutation

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "SECURITY.md"
COLUMNS = ["attacker", "attack", "defence", "tested in", "broken by"]
TEST = re.compile(r"(?:unit|integration|browser|faults|contract)/\w+\.py(?:::\w+)?")
KNOWN = {one.name: one for one in MUTATIONS}
ADD = "add it to tests/mutations/listed/ with the test in its noticed_by"


@dataclass(frozen=True, slots=True)
class Claim:
    """A row of the table: the defence, its tests and its mutations, by name."""

    text: str
    tests: tuple[str, ...]
    mutations: tuple[str, ...]

    def faults(self, known: dict[str, Mutation]) -> list[str]:
        """What is missing, a sentence each."""
        found = [f"the test {test} is not there" for test in self.tests if not is_there(test)]
        if not self.tests:
            found.append('no test: name FILE or FILE::TEST, as under tests/, in "tested in"')
        if not self.mutations:
            found.append(f'no mutation: {ADD}, and name it in "broken by"')
        unknown = [name for name in self.mutations if name not in known]
        found += [f"no mutation is called {name}: {ADD}" for name in unknown]
        listed = {name: known[name].noticed_by for name in self.mutations if name in known}
        found += [
            f"the mutation {name} is noticed by {', '.join(by)}; name one of these, or their "
            'file, in "tested in"'
            for name, by in listed.items()
            if not any(covers(test, noticing) for test in self.tests for noticing in by)
        ]
        found += [
            f"the test {test} notices none of the row's mutations: drop it, or {ADD}"
            for test in self.tests
            if listed and not any(covers(test, by) for some in listed.values() for by in some)
        ]
        return found


def covers(test: str, noticing: str) -> bool:
    """Whether `test`, a file or a test in it, is or has the one that notices a mutation."""
    bare = noticing.partition("[")[0]
    return test in (bare, bare.partition("::")[0])


@cache
def is_there(test: str) -> bool:
    path, _, name = test.partition("::")
    file = ROOT / "tests" / path
    if not file.is_file():
        return False
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    body = ast.parse(file.read_text("utf-8")).body
    return not name or name in {node.name for node in body if isinstance(node, kinds)}


def claims_in(text: str) -> list[Claim]:
    """Raises ValueError where the table is not there, or a row has other columns."""
    head = f"| {' | '.join(COLUMNS)} |\n"
    if head not in text:
        raise ValueError(f"SECURITY.md has no table with the columns {', '.join(COLUMNS)}")
    claims = []
    for row in text.partition(head)[2].split("\n\n")[0].splitlines()[1:]:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if len(cells) != len(COLUMNS):
            raise ValueError(f"this row has {len(cells)} columns, not {len(COLUMNS)}: {row}")
        names = [tuple(re.findall(r"`([^`]+)`", cell)) for cell in cells[3:]]
        claims.append(Claim(cells[2], *names))
    return claims


CLAIMS = claims_in(PAGE.read_text("utf-8"))


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.text[:50])
def test_each_claim_has_a_test_and_a_mutation_that_the_test_notices(claim):
    faults = claim.faults(KNOWN)

    assert not faults, f'SECURITY.md, "{claim.text}":\n' + "\n".join(f"- {one}" for one in faults)


def test_every_test_that_the_page_names_is_there():
    """Also outside of the table, where what is not defended is shown."""
    named = set(TEST.findall(PAGE.read_text("utf-8")))

    missing = {test for test in named if not is_there(test)}

    assert named
    assert not missing, f"SECURITY.md names tests that are not there: {', '.join(sorted(missing))}"


THERE = "unit/test_security_claims.py"
NOTICED = Mutation(
    name="taken_away",
    promise=9,
    file="x.lua",
    old="a",
    new="b",
    noticed_by=(f"{THERE}::test_what_is_missing_is_named",),
)


@pytest.mark.parametrize(
    ("tests", "mutations", "said"),
    [
        ((THERE,), ("taken_away",), None),
        ((f"{THERE}::test_what_is_missing_is_named",), ("taken_away",), None),
        ((), ("taken_away",), "no test"),
        ((THERE,), (), "no mutation: add it"),
        ((THERE,), ("another",), "no mutation is called another"),
        (("unit/test_gone.py",), ("taken_away",), "unit/test_gone.py is not there"),
        ((f"{THERE}::test_gone",), ("taken_away",), "test_gone is not there"),
        (("unit/test_hmac_key.py",), ("taken_away",), "is noticed by unit/test_security_claims.py"),
        ((THERE, "unit/test_hmac_key.py"), ("taken_away",), "test_hmac_key.py notices none"),
    ],
)
def test_what_is_missing_is_named(tests, mutations, said):
    faults = Claim("x", tests, mutations).faults({"taken_away": NOTICED})

    if said is None:
        assert faults == []
    else:
        assert any(said in fault for fault in faults), faults


@pytest.mark.parametrize(
    "text", ["", "| who | what |\n", f"| {' | '.join(COLUMNS)} |\n| - |\n| a |"]
)
def test_a_table_of_another_form_is_refused(text):
    with pytest.raises(ValueError, match=r"SECURITY\.md has no table|columns, not 5"):
        claims_in(text)
