"""Takes the pictures of a report of `waitroom compare` in docs/screenshots.

    .venv/bin/python -m docs.make_compare_screenshots           of a new one, which takes minutes
    .venv/bin/python -m docs.make_compare_screenshots report    of one that is there, in `report`

from the checkout's own folder, once `python3 run.py test` has prepared `.venv`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from docs.picture_sources import FOLDER, record
from docs.studio import WINDOWS
from load.browsers import chromium, with_browser

BYTES_MAX = 200_000  # mostly text
# Name, window, colours, and the words at the top of the picture.
FORMS: tuple[tuple[str, Any, Any, str], ...] = (
    ("compare-wide", {"width": 1280, "height": 1150}, "light", "Four ways"),
    ("compare-phone", WINDOWS["phone"], "light", "Coupons issued"),
    ("compare-phone-dark", WINDOWS["phone"], "dark", "Members who knew their outcome"),
)


def make_report(folder: Path) -> None:
    """By the command itself. Raises CalledProcessError where a way broke a promise."""
    command = [sys.executable, "-P", "-m", "cli", "compare", "--report", str(folder)]
    subprocess.run(command, check=True)  # noqa: S603 - our own


def take_all(report: Path) -> None:
    with chromium(with_browser(os.environ)) as browser:
        for name, window, colours, begins_at in FORMS:
            context = browser.new_context(viewport=window, color_scheme=colours)
            page = context.new_page()
            page.goto((report / "index.html").absolute().as_uri())
            heading = page.get_by_role("heading", name=begins_at).first
            heading.evaluate("it => scrollTo(0, it.getBoundingClientRect().top - 32)")
            file = FOLDER / f"{name}.png"
            page.screenshot(path=file)
            context.close()
            size = file.stat().st_size
            print(f"{size:>8,}  {file.name}")
            if size > BYTES_MAX:
                sys.exit(f"{file.name} is larger than {BYTES_MAX:,} bytes.")
            record(file.name)


def main(arguments: list[str]) -> None:
    if len(arguments) > 1:
        sys.exit(__doc__)
    if arguments:
        take_all(Path(arguments[0]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            make_report(Path(folder))
            take_all(Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
