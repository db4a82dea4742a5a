"""Measure this tree against another revision in pairs of short bursts.

    python3 -m tests.bench_pairs --from REVISION [enter place chain visit] [--pairs 20]

Both revisions run all the time, on servers of their own, and are loaded in turn: the speed of a
machine that others use changes within minutes, and both bursts of a pair meet the same. Prints the
median of the pairs' ratios (this tree to the other revision) with the quartiles.
"""

from __future__ import annotations

import argparse
import secrets
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from processes.open_files import raise_limit
from tests.bench_pairs.measures import Bursts
from tests.bench_pairs.sides import Side, open_sides
from tests.rolling_upgrade.release import Release, checked_out, this_release

MEASURES = ("enter", "place", "chain", "visit")


@dataclass(frozen=True, slots=True)
class Pairs:
    """Figures a second of the other revision and of this tree, burst by burst."""

    before: list[float]
    after: list[float]

    @property
    def ratios(self) -> list[float]:
        return [new / old for old, new in zip(self.before, self.after, strict=True)]

    def described(self) -> str:
        low, middle, high = statistics.quantiles(self.ratios, n=4, method="inclusive")
        before, after = statistics.median(self.before), statistics.median(self.after)
        return (
            f"{before:9,.0f}/s before {after:9,.0f}/s after   ratio {middle:.3f}"
            f" ({low:.3f} to {high:.3f}), {len(self.before)} pairs"
        )


def main(words: Sequence[str]) -> int:
    asked = _asked(words)
    raise_limit()
    with tempfile.TemporaryDirectory() as kept:
        folder = Path(kept)
        folder.chmod(0o755)
        releases = [_before(asked.revision, folder), this_release()]
        token_secret = secrets.token_urlsafe(32)
        bursts = Bursts(folder, token_secret, asked.seconds)
        with open_sides(releases, folder, token_secret) as sides:
            for name in asked.measures:
                pairs = measured(bursts.measures[name], sides, asked.pairs)
                print(f"{name:8}{pairs.described()}", flush=True)
    return 0


def measured(burst: Callable[[Side], float], sides: Sequence[Side], count: int) -> Pairs:
    """One pair more, first, which warms both up and is not counted."""
    figures: dict[str, list[float]] = {side.name: [] for side in sides}
    for number in range(count + 1):
        # Each goes first as often as the other.
        for side in sides if number % 2 else reversed(sides):
            figures[side.name].append(burst(side))
    before, after = (figures[side.name][1:] for side in sides)
    return Pairs(before, after)


def _before(revision: str, folder: Path) -> Release:
    try:
        return checked_out(revision, folder)
    except subprocess.CalledProcessError as error:
        sys.exit(f"Can't run {revision}: {error}. Name a revision of this repository.")


def _asked(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 -m tests.bench_pairs",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("measures", nargs="*", help=f"of {', '.join(MEASURES)} (default: all)")
    parser.add_argument("--from", dest="revision", required=True, help="the revision before")
    parser.add_argument("--pairs", type=int, default=20, help="counted (default: 20)")
    parser.add_argument("--seconds", type=float, default=2.0, help="of a burst (default: 2)")
    asked = parser.parse_args(words)
    asked.measures = asked.measures or list(MEASURES)
    if unknown := set(asked.measures) - set(MEASURES):
        parser.error(f"{', '.join(unknown)}: choose from {', '.join(MEASURES)}")
    if asked.pairs < 2:
        parser.error("--pairs must be at least 2")
    return asked


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
