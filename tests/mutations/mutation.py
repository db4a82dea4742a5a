"""Mutation: a place in the code that keeps a promise, and its replacement that breaks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.mutations.anchor import AnchorError, replace_python

# The promises of docs/promises.md, by number. All others depend on the ninth.
PROMISES = {
    1: "Never over-issue",
    2: "One per member",
    3: "First come, first served",
    4: "Report only what is committed",
    5: "Forget nobody who was admitted",
    6: "The crowd never reaches Postgres",
    7: "Every limit has a name",
    8: "When a part fails, say so and lose nothing",
    9: "Nobody can pose as somebody else",
    10: "Benchmarks measure what they say",
    11: "Never more than `seats` inside",
}

# Exceptions of a failing test: an `assert`, pytest's "did not raise", or a test's own time limit.
BY_ASSERTION = ("AssertionError", "Failed", "TimeoutError")


@dataclass(frozen=True, slots=True)
class Ending:
    """The result of a test case. failed_with: the exception's name; None if it passed."""

    failed_with: str | None
    draws_at_random: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """Replaces `old`, which must occur once, by `new`; all tests of `noticed_by` must fail.

    In Python the place is the definition `within` of `file`, and `old` is found by its syntax tree:
    see replace_python. Anything else (Lua, SQL, templates) is text, as short as is unique in the
    file. uses: modules by their paths, and the name that `new` imports of each. summary: what is
    broken, for the page; the words of `name` where those say it plainly.

    A test is named as pytest names it, without tests/ in front; one with parameters stands for all
    its cases, of which one must fail. They must fail by what they assert: an import or a syntax
    that is broken is noticed by anybody.
    """

    name: str
    summary: str = ""
    promise: int
    file: str
    within: str = ""
    old: str
    new: str
    uses: Mapping[str, str] = field(default_factory=dict)
    noticed_by: tuple[str, ...]

    def __post_init__(self) -> None:
        assert self.promise in PROMISES, self.name
        assert self.noticed_by, self.name
        assert self.old != self.new, self.name
        assert bool(self.within) == self.file.endswith(".py"), self.name

    def changed(self, source: str) -> str:
        """The mutated source. Raises AnchorError unless `old` occurs exactly once."""
        if self.within:
            return replace_python(source, self.within, self.old, self._imports() + self.new)
        if (count := source.count(self.old)) != 1:
            raise AnchorError(f"what it changes stands {count} times")
        return source.replace(self.old, self.new)

    def _imports(self) -> str:
        return "".join(
            f"from {path.removesuffix('.py').replace('/', '.')} import {name}\n"
            for path, name in self.uses.items()
        )

    def fault(self, root: Path) -> str | None:
        """Why it can't be applied to the tree at `root`; None if it can."""
        path = root / self.file
        if not path.is_file():
            return f"{self.file} is no more"
        try:
            self.changed(path.read_text("utf-8"))
        except AnchorError as error:
            return f"{self.file}: {error}"
        return None

    def apply(self, root: Path) -> None:
        """Apply it to the tree at `root`. Raises ValueError if it can't be applied."""
        if fault := self.fault(root):
            raise ValueError(f"{self.name}: {fault}")
        path = root / self.file
        path.write_text(self.changed(path.read_text("utf-8")), "utf-8")

    def is_noticed(self, cases: Sequence[Ending]) -> bool:
        """Whether a test case failed by an assertion."""
        return any(case.failed_with in BY_ASSERTION for case in cases)


def is_of(name: str, test: str) -> bool:
    """Whether pytest's `name` is `test` or a case of it."""
    return name == f"tests/{test}" or name.startswith(f"tests/{test}[")
