"""Steps: replaces each process of one release by the other's, as UPGRADING.md describes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.house import House, Process, eventually
from tests.rolling_restart import WEB_PROCESSES, WORKERS, children
from tests.rolling_upgrade.release import WITHIN_S, Release

KINDS = ("worker", "admitter", "web")
# The admitter's event of a batch, in this release and in 0.3.0.
ENQUEUED = ("enqueued", "fed")


class Upgrade:
    """The processes of a house, with the release of each kind."""

    def __init__(self, house: House, side_by_side_s: float) -> None:
        self._house = house
        self._side_by_side_s = side_by_side_s
        self._running: dict[str, tuple[Release, Process]] = {}

    def begin(self, release: Release) -> None:
        for kind in KINDS:
            self._running[kind] = release, self._started(release, kind)
        self._house.until_ready()

    def replace(self, kind: str, release: Release) -> None:
        """Start the new process, let both run for a while, and end the old one."""
        before, process = self._running[kind]
        print(f"{kind}: {before.name} to {release.name}", flush=True)
        self._running[kind] = release, self._started(release, kind)
        time.sleep(self._side_by_side_s)
        code = self._house.stop(process)
        assert code == 0, f"the {kind} of {before.name} ended with {code}"

    def roll(self, order: Sequence[str], new: Release, *, roll_back: bool) -> None:
        """Replace each kind; or half of them, and return those to the old release."""
        old = {kind: release for kind, (release, _) in self._running.items()}
        half = order[: (len(order) + 1) // 2]
        for kind in half if roll_back else order:
            self.replace(kind, new)
        for kind in reversed(half if roll_back else []):
            self.replace(kind, old[kind])

    def _started(self, release: Release, kind: str) -> Process:
        house, log = self._house, release.log(self._house)
        ready = {"web": "serving", "admitter": "admitting"}.get(kind)
        said = _count(log, ready) if ready else 0
        words = {
            "web": ["web", "--port", str(house.port), "--processes", str(WEB_PROCESSES)],
            "admitter": ["admitter"],
            "worker": ["worker", "--workers", str(WORKERS)],
        }[kind]
        process = release.start(house, *words)
        if ready:
            eventually(lambda: _count(log, ready) > said, within_s=WITHIN_S)
        else:
            eventually(lambda: len(children(process.pid)) == WORKERS, within_s=WITHIN_S)
        return process


def _count(log: Path, event: str) -> int:
    return log.read_text().count(f'"event": "{event}"') if log.exists() else 0


@dataclass(frozen=True, slots=True)
class Batches:
    """Counts of batches, by the release that queued them and the one that issued them."""

    old_by_new: int
    new_by_old: int

    @classmethod
    def from_logs(cls, old: Path, new: Path) -> Batches:
        """Count them from the log lines of LOG_REQUESTS."""
        return cls(
            old_by_new=len(_batches(old, *ENQUEUED) & _batches(new, "issued")),
            new_by_old=len(_batches(new, *ENQUEUED) & _batches(old, "issued")),
        )


def _batches(log: Path, *events: str) -> set[str]:
    return {one["batch"] for one in _lines(log.read_text()) if one.get("event") in events}


def _lines(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects of a log that several processes write: two may share a line."""
    decoder = json.JSONDecoder()
    for line in text.splitlines():
        at = line.find("{")
        while at >= 0:
            try:
                one, at = decoder.raw_decode(line, at)
            except json.JSONDecodeError:
                at += 1
            else:
                yield one
            at = line.find("{", at)
