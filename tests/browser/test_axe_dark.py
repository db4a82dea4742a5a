"""As test_axe, in the other language and the other colours."""

import pytest
from playwright.sync_api import Browser

from tests.browser.rendered import seen_on_all


@pytest.fixture
def no_complaints() -> None:
    """As in test_axe."""


def test_axe_finds_nothing_on_any_page_in_any_state_in_the_dark(browser: Browser):
    assert seen_on_all(browser, "en", "dark") == ([], [])
