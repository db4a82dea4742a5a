"""Times in the site's zone, as a reader in Seoul sees them."""

from zoneinfo import ZoneInfo

import pytest

from tests.browser.rendered import EN, SITE, opened
from tests.unit.template_cast import html_of, pages


@pytest.fixture
def shown(browser):
    """A function that shows a page of the templates in a time zone."""
    with opened(browser, width=1280) as page:

        def show(name: str, zone: str):
            language = EN.in_zone(ZoneInfo(zone))
            template, context = pages(language)[name]
            html = html_of(template, language, **context)
            address = f"{SITE}/{zone}"
            page.route(address, lambda route: route.fulfill(body=html, content_type="text/html"))
            page.goto(address)
            return page

        yield show


def test_a_reader_in_the_sites_zone_reads_a_time_without_its_name(shown):
    page = shown("coupons", "Asia/Seoul")

    time = page.locator("time").first
    assert "KST" in time.get_attribute("title")
    assert "KST" not in time.inner_text()


def test_a_reader_elsewhere_reads_the_sites_time_with_its_zone_and_their_own(shown):
    page = shown("coupons", "Europe/Berlin")

    time = page.locator("time").first
    written, text = time.get_attribute("title"), time.inner_text()
    assert written.split()[-1] in ("CET", "CEST")
    assert text.startswith(f"{written} (")
    assert text.endswith("GMT+9)")


def test_a_form_says_a_readers_own_time_where_the_site_is_elsewhere(shown):
    page = shown("console, new", "America/New_York")

    page.get_by_label("Opens at (America/New_York)").fill("2027-03-14T03:30")

    here = page.locator("#opens_at-here")
    assert here.is_visible()
    assert "16:30 (Asia/Seoul)" in here.inner_text()
    page.get_by_label("Opens at (America/New_York)").fill("2027-03-14T01:30")
    assert "15:30 (Asia/Seoul)" in here.inner_text()


def test_a_form_says_no_other_time_to_a_reader_in_the_sites_zone(shown):
    page = shown("console, new", "Asia/Seoul")

    assert page.get_by_label("Opens at (Asia/Seoul)").input_value()
    assert not page.locator("#opens_at-here").is_visible()
