"""The list of mutations does not rot: each can be applied, is told, and names tests there are."""

from __future__ import annotations

import ast
from functools import cache
from typing import Any

import pytest

from tests.mutations.listed import MUTATIONS
from tests.mutations.mutation import PROMISES, Ending, Mutation, is_of
from tests.mutations.page import BEGIN, END, PAGE, table
from tests.mutations.tree import ROOT

by_name = pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)


@cache
def names_in(path: str) -> set[str]:
    module = ast.parse((ROOT / "tests" / path).read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in module.body if isinstance(node, kinds)}


@by_name
def test_what_it_changes_stands_exactly_once_in_its_file(mutation):
    assert mutation.fault(ROOT) is None


@by_name
def test_what_it_makes_of_it_can_still_be_read(mutation):
    """A broken syntax would be noticed by any test, and say nothing."""
    source = (ROOT / mutation.file).read_text("utf-8")
    changed = mutation.changed(source)

    assert changed != source
    if mutation.file.endswith(".py"):
        assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(source))


@pytest.mark.parametrize(
    "mutation", [one for one in MUTATIONS if one.within], ids=lambda one: one.name
)
def test_in_python_it_does_not_depend_on_format_comments_or_lines(mutation):
    source = (ROOT / mutation.file).read_text("utf-8")
    written_anew = ast.unparse(ast.parse(source))

    as_it_is, as_it_could_be = mutation.changed(source), mutation.changed(written_anew)

    assert ast.dump(ast.parse(as_it_could_be)) == ast.dump(ast.parse(as_it_is))


@by_name
def test_the_tests_that_must_notice_it_are_there(mutation):
    for test in mutation.noticed_by:
        path, _, name = test.partition("::")

        assert name.partition("[")[0] in names_in(path), test


def test_every_promise_is_broken_and_no_name_is_used_twice():
    names = [one.name for one in MUTATIONS]

    assert {one.promise for one in MUTATIONS} == set(PROMISES)
    assert len(set(names)) == len(names)


def test_the_page_has_the_table_of_all_of_them():
    text = (ROOT / PAGE).read_text("utf-8")

    written = text.partition(BEGIN)[2].partition(END)[0].strip()
    assert written == table(MUTATIONS), "`python3 run.py mutations --table` writes it"


def test_the_page_names_every_promise():
    text = (ROOT / PAGE).read_text("utf-8")

    for number, words in PROMISES.items():
        assert f"## {number}. {words}" in text


def mutation_of(file: str, old: str, new: str, **more: Any) -> Mutation:
    return Mutation(
        name="x",
        promise=1,
        file=file,
        old=old,
        new=new,
        noticed_by=("unit/test_x.py::test_y",),
        **more,
    )


def test_a_mutation_that_no_longer_applies_is_said(tmp_path):
    (tmp_path / "code.lua").write_text("a = 1\na = 1\n")
    mutation = mutation_of("code.lua", "a = 1", "a = 2")

    assert "2 times" in (mutation.fault(tmp_path) or "")
    with pytest.raises(ValueError, match=r"x: code\.lua: what it changes"):
        mutation.apply(tmp_path)
    (tmp_path / "code.lua").unlink()
    assert mutation.fault(tmp_path) == "code.lua is no more"


def test_a_mutation_of_python_says_in_which_name_its_anchor_is_missing(tmp_path):
    (tmp_path / "code.py").write_text("def f():\n    return 1\n")
    renamed = mutation_of("code.py", "return 1", "return 2", within="g")
    rewritten = mutation_of("code.py", "return 3", "return 2", within="f")

    assert renamed.fault(tmp_path) == "code.py: g is defined 0 times"
    assert rewritten.fault(tmp_path) == "code.py: what it changes stands 0 times in f"


def test_a_module_that_a_mutation_uses_is_imported_before_it(tmp_path):
    (tmp_path / "code.py").write_text("def f():\n    return 1\n")
    uses = {"a/b.py": "c"}
    mutation = mutation_of("code.py", "return 1", "return c", within="f", uses=uses)

    mutation.apply(tmp_path)

    changed = (tmp_path / "code.py").read_text()
    assert changed == "def f():\n    from a.b import c\n    return c\n"


def test_only_an_assertion_counts_as_noticed():
    mutation = mutation_of("code.lua", "a", "b")
    for failed_with, is_noticed in (
        ("AssertionError", True),
        ("Failed", True),
        ("NameError", False),
        ("AssertionError in setup", False),
        (None, False),
    ):
        assert mutation.is_noticed([Ending(None), Ending(failed_with)]) == is_noticed
    assert not mutation.is_noticed([])


def test_a_case_belongs_to_its_test_alone():
    assert is_of("tests/unit/test_x.py::test_y[case]", "unit/test_x.py::test_y")
    assert not is_of("tests/unit/test_x.py::test_yz", "unit/test_x.py::test_y")
