"""Admissions, which the line gives to a destination, and the outcomes that come back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Admission:
    """The members admitted by one call, in order of arrival.

    held_back_by: the limit that kept the others waiting. admitted_at_us: by Redis' clock.
    """

    members: tuple[str, ...]
    held_back_by: str
    admitted_at_us: int = 0

    def by_member(self) -> dict[str, int]:
        """Map each member to the time of admission (microseconds), in order of arrival."""
        return dict.fromkeys(self.members, self.admitted_at_us)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of an admission: issued with a text, or refused with the refusal's slug.

    admitted_at_us: identifies the admission; None where it is unknown.
    """

    kind: Literal["issued", "refused"]
    text: str
    admitted_at_us: int | None = None

    def arguments(self) -> tuple[str, str]:
        """The outcome as report.lua takes it."""
        known = self.admitted_at_us is not None
        return self.kind[0] + self.text, str(self.admitted_at_us) if known else ""


def report_arguments(
    used_count: int, took_ms: float | None, outcomes: Iterable[tuple[str, Outcome]]
) -> list[str]:
    """Members' outcomes as report.lua takes them."""
    arguments = [str(used_count), "" if took_ms is None else f"{took_ms:.1f}"]
    for member, outcome in outcomes:
        arguments += [member, *outcome.arguments()]
    return arguments
