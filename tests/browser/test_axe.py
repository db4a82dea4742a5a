"""Every page in every state is for everyone: axe finds nothing, a narrow phone cuts nothing off."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.browser.rendered import LANGUAGES, address, names, opened

# WCAG 2.2 AA and axe's own best practices; the whole of what it knows.
RUN = "axe.run({ resultTypes: ['violations'] }).then(found => found.violations)"


@pytest.fixture
def no_complaints() -> None:
    """The stream of a page without a server is refused; that is said in the console."""


def seen_on_all(browser: Browser, code: str, colours: str) -> tuple[list[Any], list[str]]:
    """What axe finds, and the pages that are cut off."""
    found, cut_off = [], []
    with opened(browser, width=320, colours=colours) as page:
        # Sent once, not with each page: it is half a megabyte.
        page.add_init_script(Axe().axe_script)
        for name in names():
            page.goto(address(name, LANGUAGES[code]))
            if page.evaluate("document.documentElement.scrollWidth") > 320:
                cut_off.append(name)
            for violation in page.evaluate(RUN):
                where = [node["html"][:120] for node in violation["nodes"]]
                found.append((name, violation["id"], where))

    return found, cut_off


# Colours differ by the scheme and widths by the language, so two rounds see all there is: this one,
# and that of test_axe_dark, a file of its own so that they can run side by side.
def test_axe_finds_nothing_on_any_page_in_any_state(browser: Browser):
    assert seen_on_all(browser, "ko", "light") == ([], [])
