"""A field that was filled in wrongly is seen to be wrong, not only said to be."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page

from tests.browser.rendered import EN, address, opened

WRONG = '[aria-invalid="true"]:not([type="hidden"])'


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    with opened(browser, width=1_280, colours=request.param) as made:
        yield made


@pytest.fixture
def no_complaints() -> None:
    """Nobody answers what these pages ask."""


def border_of(field: Locator) -> str:
    return str(field.evaluate("field => getComputedStyle(field).borderTopColor"))


@pytest.mark.parametrize("name", ["console, new and wrong", "sign in again"])
def test_a_wrong_field_has_a_border_of_its_own(page: Page, name: str):
    page.goto(address(name, EN))
    wrong = page.locator(WRONG)
    colours = {border_of(one) for one in wrong.all()}
    first = wrong.first.element_handle()
    assert first is not None

    first.evaluate("field => field.removeAttribute('aria-invalid')")

    assert len(colours) == 1
    assert colours != {first.evaluate("field => getComputedStyle(field).borderTopColor")}
