"""Every page in every state, made from the templates' samples and shown to a browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route

from tests.unit.place_template_cast import EN, KO
from tests.unit.template_cast import html_of, pages
from tests.unit.visitor_template_cast import Pages, pages_beside, visitor_pages
from web.cache.static_files import asset_name, read_asset
from web.i18n import Language
from web.middleware.security import HEADERS

SITE = "http://pages.test"
# A browser without a window refuses notifications before anybody could ask for them.
NOT_ASKED = "Object.defineProperty(Notification, 'permission', { get: () => 'default' })"
LANGUAGES = {one.code: one for one in (EN, KO)}

# WCAG 2.2 AA and axe's own best practices; the whole of what it knows.
RUN = "axe.run({ resultTypes: ['violations'] }).then(found => found.violations)"

# What a preview lists are names; its own page has no header, so that no link leads out of it.
PREVIEW: Pages = {
    "preview": (
        "preview.html",
        {
            "heading": "Spring sale",
            "member": None,
            "scenes": [{"name": "waiting", "caption": "Waiting", "address": "/preview/x/waiting"}],
        },
    )
}


def names() -> list[str]:
    """Of all pages; where another way of issuing, or a place, shows nothing new, one will do."""
    return [
        name
        for name in pages(EN)
        if not name.startswith("coupon ")
        or name.startswith("coupon open, ")
        or name.endswith(", queue, no place")
    ]


@cache
def samples(language: Language) -> Pages:
    """Every page in every state, also those that visitors of a site see."""
    return pages(language) | visitor_pages(language) | pages_beside(language) | PREVIEW


def address(name: str, language: Language) -> str:
    return f"{SITE}/{language.code}/{quote(name, safe='')}"


@contextmanager
def opened(browser: Browser, *, width: int, colours: str = "light") -> Iterator[Page]:
    """A window whose every request is answered from the templates and the static files."""
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme=colours,  # type: ignore[arg-type]
        reduced_motion="reduce",
        timezone_id="Asia/Seoul",
    )
    context.add_init_script(NOT_ASKED)
    context.route("**/*", _answer)
    try:
        yield context.new_page()
    finally:
        context.close()


def _answer(route: Route) -> None:
    url = urlsplit(route.request.url)
    if f"{url.scheme}://{url.netloc}" != SITE:
        # A page that goes on to a shop by itself stays, to be looked at.
        route.fulfill(status=204)
        return
    path = url.path
    if path.startswith("/static/"):
        file = read_asset(asset_name(path.removeprefix("/static/"), url.query))
        route.fulfill(body=file.body, content_type=file.media_type)
        return
    code, _, name = path[1:].partition("/")
    if code == "admin":
        # As if nobody were there: a board that is told anything else loads itself again, and that
        # would abort the way to the next page.
        route.abort()
        return
    if code not in LANGUAGES:
        route.fulfill(status=404)
        return
    template, context = samples(LANGUAGES[code])[unquote(name)]
    html = html_of(template, LANGUAGES[code], **context)
    route.fulfill(body=html, content_type="text/html; charset=utf-8", headers=HEADERS)


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
