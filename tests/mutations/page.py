"""Page: writes the table of mutations in docs/promises.md."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from tests.mutations.mutation import PROMISES, Mutation

PAGE = Path("docs") / "promises.md"
BEGIN, END = "<!-- mutations -->", "<!-- end of mutations -->"


def table(mutations: Sequence[Mutation]) -> str:
    """The rows, sorted by promise, then in the order of the list."""
    lines = ["| promise | broken by | in | noticed by |", "| --- | --- | --- | --- |"]
    for promise, those in groupby(sorted(mutations, key=_promise), _promise):
        for one in those:
            tests = ", ".join(f"`{test}`" for test in one.noticed_by)
            words = f"{promise}. {PROMISES[promise]}"
            lines.append(f"| {words} | {_broken_by(one)} | `{one.file}` | {tests} |")
    return "\n".join(lines)


def write_table(root: Path, mutations: Sequence[Mutation]) -> None:
    """Replace the page's table by that of these mutations."""
    path = root / PAGE
    before, rest = path.read_text("utf-8").split(BEGIN)
    _, after = rest.split(END)
    path.write_text(f"{before}{BEGIN}\n\n{table(mutations)}\n\n{END}{after}", "utf-8")


def _broken_by(mutation: Mutation) -> str:
    """The mutation's summary with its name, or its name in words."""
    if mutation.summary:
        return f"{mutation.summary} (`{mutation.name}`)"
    return mutation.name.replace("_", " ")


def _promise(mutation: Mutation) -> int:
    return mutation.promise
