"""Comparison: the results of all ways, with the options and the machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from load.compare.checks import broken_promises
from load.compare.options import CompareOptions
from load.compare.results import WayResults


@dataclass(frozen=True, slots=True)
class Comparison:
    """made_at: RFC 3339, UTC."""

    options: CompareOptions
    made_at: str
    machine: Mapping[str, str]
    ways: tuple[WayResults, ...] = field(default=())

    @property
    def is_good(self) -> bool:
        """Whether every way kept every promise."""
        return bool(self.ways) and not any(broken_promises(one) for one in self.ways)

    def as_json(self) -> dict[str, Any]:
        ways = [
            asdict(one)
            | {"broken": broken_promises(one), "verdict": asdict(one.verdict), "way": one.way}
            for one in self.ways
        ]
        return {
            "made_at": self.made_at,
            "command": self.options.command,
            "options": asdict(self.options),
            "machine": dict(self.machine),
            "is_good": self.is_good,
            "ways": ways,
        }
