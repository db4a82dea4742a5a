"""Mutation: one place in the code that keeps a promise, and how it would look without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# Those of docs/promises.md, by number. The last is what all the others rest on.
PROMISES = {
    1: "Never over-issue",
    2: "One to a member",
    3: "First come, first served",
    4: "Told only what is committed",
    5: "Nobody admitted is forgotten",
    6: "The crowd never touches Postgres",
    7: "Every limit has a name",
    8: "When a part fails, say so and lose nothing",
    9: "Nobody passes for somebody else",
}

# What a test fails with: an `assert`, pytest's own "did not raise", or a bound on time of its own.
BY_ASSERTION = ("AssertionError", "Failed", "TimeoutError")


@dataclass(frozen=True, slots=True)
class Ending:
    """How a case of a test ended. failed_with: the exception's name, None where it passed."""

    failed_with: str | None
    draws_at_random: bool = False


@dataclass(frozen=True, slots=True)
class Mutation:
    """`old` stands exactly once in `file` and becomes `new`; each test of `noticed_by` must fail.

    A test is named as pytest names it, without tests/ in front; one with parameters stands for all
    its cases, of which one must fail. They must fail by what they assert: an import or a syntax
    that is broken is noticed by anybody.
    """

    name: str
    promise: int
    file: str
    old: str
    new: str
    noticed_by: tuple[str, ...]

    def __post_init__(self) -> None:
        assert self.promise in PROMISES, self.name
        assert self.noticed_by, self.name
        assert self.old != self.new, self.name

    def fault(self, root: Path) -> str | None:
        """Why it can't be applied to the tree at `root`, or None."""
        path = root / self.file
        if not path.is_file():
            return f"{self.file} is no more"
        count = path.read_text("utf-8").count(self.old)
        return None if count == 1 else f"what it changes stands {count} times in {self.file}"

    def apply(self, root: Path) -> None:
        """Raises ValueError where it can't be applied."""
        if fault := self.fault(root):
            raise ValueError(f"{self.name}: {fault}")
        path = root / self.file
        path.write_text(path.read_text("utf-8").replace(self.old, self.new), "utf-8")

    def is_noticed(self, cases: Sequence[Ending]) -> bool:
        """Whether a case of a test failed by what it asserts."""
        return any(case.failed_with in BY_ASSERTION for case in cases)


def is_of(name: str, test: str) -> bool:
    """Whether `name`, as pytest says it, is `test` or a case of it."""
    return name == f"tests/{test}" or name.startswith(f"tests/{test}[")
