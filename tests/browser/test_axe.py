"""Every page in every state is for everyone: axe finds nothing, a narrow phone cuts nothing off."""

import pytest
from playwright.sync_api import Browser

from tests.browser.rendered import seen_on_all


@pytest.fixture
def no_complaints() -> None:
    """The stream of a page without a server is refused; that is said in the console."""


# Colours differ by the scheme and widths by the language, so two rounds see all there is: this one,
# and that of test_axe_dark, a file of its own so that they can run side by side.
def test_axe_finds_nothing_on_any_page_in_any_state(browser: Browser):
    assert seen_on_all(browser, "ko", "light") == ([], [])
