"""As test_axe, in the other language and the other colours."""

from playwright.sync_api import Browser

from tests.browser.test_axe import no_complaints, seen_on_all  # noqa: F401


def test_axe_finds_nothing_on_any_page_in_any_state_in_the_dark(browser: Browser):
    assert seen_on_all(browser, "en", "dark") == ([], [])
