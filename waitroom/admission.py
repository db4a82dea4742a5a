"""What the line hands over, and what it takes back: admissions, and their outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Admission:
    """Who was let through, in the order they came, when, and what held the rest back."""

    members: tuple[str, ...]
    held_back_by: str
    admitted_at_us: int = 0

    def by_member(self) -> dict[str, int]:
        """When each was admitted (microseconds), in the order they came."""
        return dict.fromkeys(self.members, self.admitted_at_us)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an admission: issued with a text, or refused with the refusal's slug.

    admitted_at_us: which admission it was, where that is known.
    """

    kind: Literal["issued", "refused"]
    text: str
    admitted_at_us: int | None = None

    def arguments(self) -> tuple[str, str]:
        """For report.lua."""
        known = self.admitted_at_us is not None
        return self.kind[0] + self.text, str(self.admitted_at_us) if known else ""
