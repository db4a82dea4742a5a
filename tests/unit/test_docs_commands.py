"""Every command in the documents is one that the command line takes as it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from tests.doc_commands import (
    CannotBeRead,
    all_commands,
    check_module,
    check_options,
    fenced,
    inline,
    modules,
    parse,
)
from tests.unit.test_docs_names import OF_NOW


def refused(check: Callable[..., None], commands: Iterable[tuple[Any, ...]]) -> list[str]:
    """Why each of them would be refused, but for those that would not."""
    said = []
    for command in commands:
        try:
            check(*command)
        except CannotBeRead as reason:
            said.append(str(reason))
    return said


@pytest.mark.parametrize("page", OF_NOW)
def test_every_command_in_a_block_is_taken_as_it_is_written(page: str):
    assert refused(parse, [(words,) for words in fenced(OF_NOW[page])]) == []


@pytest.mark.parametrize("page", OF_NOW)
def test_every_command_within_a_sentence_exists_with_its_options(page: str):
    assert refused(check_options, [(words,) for words in inline(OF_NOW[page])]) == []


@pytest.mark.parametrize("page", OF_NOW)
def test_every_module_that_is_run_exists_with_its_options(page: str):
    assert refused(check_module, modules(OF_NOW[page])) == []


def test_every_command_is_in_a_document():
    words = [words for text in OF_NOW.values() for one in (fenced, inline) for words in one(text)]
    named = {" ".join(one[:length]) for one in words for length in (1, 2, 3)}

    assert [name for name in all_commands() if name not in named] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("```\npython3 run.py web --port 1   # here\n```", ["web", "--port", "1"]),
        ("```\ndocker compose exec web waitroom room show a\n```", ["room", "show", "a"]),
        ("```\n$ waitroom room set a \\\n  --rate 5\n```", ["room", "set", "a", "--rate", "5"]),
        ("```\nexport A=$(python3 run.py token alice)\n```", ["token", "alice"]),
        ("```\nA_B=1 python3 run.py test tests > out\n```", ["test", "tests"]),
        ('```\nwaitroom coupon create a --description "b c"\n```', None),
        ("   ```\n   watch -n 1 waitroom room show a\n   ```", ["room", "show", "a"]),
        ("```\ncli > waitroom | issuance\n```", []),
        ("`waitroom web`", []),
    ],
)
def test_a_command_is_found_in_a_block(text: str, words: list[str] | None):
    expected = ["coupon", "create", "a", "--description", "b c"] if words is None else words

    assert list(fenced(text)) == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("room sett spring --rate 5", "no command `room sett`"),
        ("room set spring --rat 5", "No such option"),
        ("room set spring --rate fast", "fast"),
        ("room set", "Missing argument"),
        ("bench entr", "no benchmark called entr"),
        ("mutations --tables", "no option --tables"),
        ("test tests/unit/test_gone.py", "there is no tests/unit/test_gone.py"),
    ],
)
def test_a_command_that_would_be_refused_is_named(words: str, said: str):
    with pytest.raises(CannotBeRead, match=said):
        parse(words.split())


@pytest.mark.parametrize(
    "words", ["webb", "room show spring --jsonn", "reconcile --repairs", "--versions"]
)
def test_a_mention_may_leave_out_arguments_but_not_be_wrong(words: str):
    check_options(["room", "set"])
    check_options(["reconcile", "--repair"])

    with pytest.raises(CannotBeRead):
        check_options(words.split())


def test_a_module_that_is_not_there_is_named():
    with pytest.raises(CannotBeRead, match=r"no module docs\.make_nothing"):
        check_module("docs.make_nothing", [])
    with pytest.raises(CannotBeRead, match="no option --seedss"):
        check_module("tests.faults", ["--seedss"])
