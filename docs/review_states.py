"""Takes a picture of every state of every page, from the templates' own samples, for review.

    .venv/bin/python -m docs.review_states FOLDER [PART OF A STATE'S NAME]

Wide and narrow, light and dark, in every language. Fails for a template without a sample: then a
state has no picture.
"""

from __future__ import annotations

import os
import re
import sys
from itertools import product
from pathlib import Path

from playwright.sync_api import sync_playwright

from load.browsers import launch_options
from tests.browser.rendered import LANGUAGES, address, opened, samples
from web.i18n import SOURCE

TEMPLATES = Path(__file__).parents[1] / "web" / "templates"
WIDTHS = {"wide": 1280, "phone": 390}
COLOURS = ("light", "dark")
STATES = samples(LANGUAGES[SOURCE])
_STATE = re.compile(r"(site/)?_place_(\w+)\.html")


def uncovered(templates: set[str]) -> list[str]:
    """Of these templates, the pages and the states of a place that no sample shows."""
    shown = set()
    for template, context in STATES.values():
        shown.add(template)
        folder = "site/" if template.startswith("site/") else ""
        if state := getattr(context.get("place"), "state", ""):
            shown.add(f"{folder}_place_{state}.html")
    return sorted(name for name in templates - shown if _is_page(name) or _STATE.fullmatch(name))


def shipped() -> set[str]:
    return {file.relative_to(TEMPLATES).as_posix() for file in TEMPLATES.rglob("*.html")}


def _is_page(name: str) -> bool:
    """Whether it is a whole page: no part of one, and no frame around it."""
    return (
        not name.rpartition("/")[2].startswith("_")
        and not name.endswith("base.html")
        and (not name.startswith("shared/"))
    )


def main() -> None:
    folder, part = Path(sys.argv[1]), "".join(sys.argv[2:3])
    if missing := uncovered(shipped()):
        raise SystemExit(f"No sample shows {', '.join(missing)}: add one to template_cast.py.")
    folder.mkdir(parents=True, exist_ok=True)
    names = [name for name in STATES if part in name]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options(os.environ))
        for (form, width), colours in product(WIDTHS.items(), COLOURS):
            with opened(browser, width=width, colours=colours) as page:
                for name, language in product(names, LANGUAGES.values()):
                    page.goto(address(name, language))
                    file = f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}-{form}-{colours}"
                    page.screenshot(path=folder / f"{file}-{language.code}.png", full_page=True)
        browser.close()
    print(f"{len(names) * len(WIDTHS) * len(COLOURS) * len(LANGUAGES)} pictures in {folder}")


if __name__ == "__main__":
    main()
