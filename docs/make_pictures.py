"""Makes every picture in the docs again: screenshots, diagrams and charts.

    python3 run.py pictures              all of them, in about 15 minutes
    python3 run.py pictures --stale      only with the commands whose pictures are out of date
    python3 run.py pictures --list       which those are, and why; takes no picture

Each `docs/make_*.py` runs by itself too, as `.venv/bin/python -m docs.make_screenshots`. Needs a
Chromium, and a font with Korean (Debian: fonts-noto-cjk).
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from docs.picture_pages import MAKERS
from docs.picture_sources import maker_of, stale

DOCS = Path(__file__).parent


def makers() -> list[str]:
    """The modules, the quick drawings first; this one is not among them."""
    names = {f"docs.{file.stem}" for file in DOCS.glob("make_*.py")} - {"docs.make_pictures"}
    return sorted(names, key=lambda name: (name in MAKERS, name))


def wanted(arguments: Sequence[str]) -> list[str]:
    """Those to run. Drawings take a second and are always among them."""
    if "--stale" not in arguments:
        return makers()
    needed = {maker_of(picture) for picture in stale()}
    return [maker for maker in makers() if maker in needed or maker not in MAKERS]


def describe(pictures: dict[str, list[str]]) -> str:
    """A line for each picture that is out of date, and what to do."""
    lines = [f"{name}: {', '.join(changed)} changed" for name, changed in pictures.items()]
    return "\n".join([*lines, "To take them again: python3 run.py pictures --stale"])


def main(arguments: Sequence[str]) -> int:
    """The exit code: that of the first command that failed, after all have run."""
    if list(arguments) not in ([], ["--stale"], ["--list"]):
        sys.exit(__doc__)
    if "--list" in arguments:
        found = stale()
        print(describe(found) if found else "Every picture is as new as its page.")
        return int(bool(found))
    failed = []
    for module in wanted(arguments):
        print(f"== {module}", flush=True)
        done = subprocess.run([sys.executable, "-m", module], cwd=DOCS.parent)  # noqa: S603
        if done.returncode != 0:
            failed.append(module)
    for module in failed:
        print(f"FAILED: {module}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
