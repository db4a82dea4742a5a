"""Takes the screenshots of the console while a crowd of 10,000 is in line.

    .venv/bin/python -m docs.make_console_screenshots
    .venv/bin/python -m docs.make_console_screenshots FOLDER

Run it in the checkout, after `python3 run.py test` has prepared `.venv`; with FOLDER, to
check them first. It takes some four minutes, to give the board a history. The crowd is
`waitroom crowd`; an operator changes the rate on the page meanwhile. At the end the
crowd's answers are compared with Postgres. Korean needs a font with Hangul (Debian:
fonts-noto-cjk).
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, Page, expect

from docs.studio import FOLDER, IN_SEOUL, Form, Studio, browser_and_stores
from tests.browser.console import add_admin, sign_in
from tests.house import House, eventually, open_house

SHOWN = {
    "admin-signin-wide.png", "admin-signin-phone.png",
    "admin-coupons-wide.png", "admin-coupons-phone.png",
    "admin-new-wide.png", "admin-new-phone-dark-ko.png",
    "admin-refused-wide.png", "admin-refused-phone-ko.png",
    "admin-edit-wide.png", "admin-edit-phone.png",
    "admin-branding-wide.png", "admin-branding-phone.png",
    "admin-audit-wide.png", "admin-audit-phone.png",
    "board-wide.png", "board-phone.png", "board-wide-dark-ko.png",
    "board-paused-wide.png", "board-paused-phone.png",
    "board-simulate-wide.png", "board-simulate-phone.png",
    "board-question-wide.png", "board-question-phone-ko.png",
    "board-result-wide.png", "board-result-phone.png",
}  # fmt: skip
CODE, TOTAL, CROWD = "summer", 9_000, 10_000
RATE_PER_S, FASTER_PER_S, LAST_PER_S = 30, 45, 400
SIMULATED = 300
ARRIVE_WITHIN_S, GIVE_UP_S = 180, 600
# Seconds from the start of the crowd to the rate change, and from there to the board's screenshot.
FASTER_AFTER_S, BOARD_AFTER_S = 60, 40
WITHIN_S, WITHIN_MS = 120, 30_000
BOARD, ROOM = f"/admin/rooms/{CODE}", f"/rooms/{CODE}"
EDIT = f"/admin/coupons/{CODE}/edit"
DRAWN = ".chart canvas"

Prepare = Callable[[Page], object]


def nothing(_page: Page) -> None:
    pass


class ConsoleStudio(Studio):
    """A studio whose windows have an operator's session."""

    def __init__(self, browser: Browser, house: House, folder: Path) -> None:
        super().__init__(browser, house, folder, SHOWN.__contains__)
        self.operator = add_admin(house, "operator", name="alice")
        with self.window(Form("en", "wide", "light")) as page:
            sign_in(page, self.operator)
            self._cookies = page.context.cookies()

    @contextmanager
    def signed_in(self, form: Form) -> Iterator[Page]:
        with self.window(form) as page:
            page.context.add_cookies(self._cookies)  # type: ignore[arg-type]
            yield page

    @contextmanager
    def console(self) -> Iterator[Page]:
        """A window for the operator's actions."""
        with self.signed_in(Form("en", "wide", "light")) as page:
            yield page

    def look(
        self, name: str, path: str, shows: str, *, first: Prepare = nothing, whole: bool = False
    ) -> None:
        """Take `path` in each form, once all that match `shows` are there. first: called
        before. whole: the whole page in a wide window; on a phone only what fits."""
        for form in self.forms(name):
            with self.signed_in(form) as page:
                page.goto(path)
                first(page)
                expect(page.locator(shows).last).to_be_visible(timeout=WITHIN_MS)
                self.keep(page, form.named(name), whole=whole and form.window == "wide")


def take_all(studio: ConsoleStudio) -> None:
    house = studio.house
    house.start("worker", "--workers", "2")
    house.start("admitter")
    offer_all(studio)
    crowd = house.start(
        "crowd", CODE, "--members", str(CROWD), "--within", str(ARRIVE_WITHIN_S),
        "--url", house.base_url, "--give-up", str(GIVE_UP_S),
    )  # fmt: skip
    began = time.monotonic()
    eventually(lambda: entered(house) >= CROWD / 10, within_s=WITHIN_S)
    beside_the_board(studio)
    rest_until(began + FASTER_AFTER_S)
    turn(studio, FASTER_PER_S)
    rest_until(time.monotonic() + BOARD_AFTER_S)
    studio.look("board", BOARD, DRAWN, whole=True)
    studio.look("board-question", BOARD, ".question", first=ask, whole=False)
    pause(studio)
    eventually(lambda: entered(house) == CROWD, within_s=WITHIN_S)
    afterwards(studio)
    if crowd.wait(WITHIN_S) != 0:
        sys.exit(f"The crowd's answers differ from Postgres:\n{house.log.read_text()}")
    house.processes.remove(crowd)


def offer_all(studio: ConsoleStudio) -> None:
    """Create other coupons for the list, beside the crowd's."""
    amount: dict[str, object] = {"kind": "amount", "value": 3_000}
    percent: dict[str, object] = {"kind": "percent", "value": 20, "cap": 8_000}
    day = timedelta(days=1)
    studio.offer("early", "For early birds", percent, 3, opens_in=-day)
    studio.crowd("early", 3)
    studio.offer("night", "Night market", amount, 500, opens_in=day)
    studio.offer("lottery", "Birthday lottery", percent, 200, opens_in=day / 2, opening="draw")
    studio.offer("evening", "Evening special", percent, 800, rate_per_s=10, burst=1)
    with studio.console() as page:
        fill_new(page)
        page.get_by_role("button", name="Create coupon").click()
        expect(page.get_by_role("status")).to_be_visible()


def fill_new(page: Page) -> None:
    page.goto("/admin/coupons/new")
    page.locator("details.advanced summary").click()
    now = datetime.now(ZoneInfo(IN_SEOUL["SITE_TIME_ZONE"]))
    for name, value in {
        "code": CODE,
        "description": "Summer sale",
        "total_count": str(TOTAL),
        "discount_value": "5000",
        "opens_at": f"{now:%Y-%m-%dT%H:%M}",
        "expire_date": f"{now + timedelta(days=7):%Y-%m-%dT%H:%M}",
        "rate_per_s": str(RATE_PER_S),
        "burst": "1",
        "people": "2000",
    }.items():
        page.locator(f"#{name}").fill(value)


def beside_the_board(studio: ConsoleStudio) -> None:
    for form in studio.forms("admin-signin"):
        with studio.window(form) as page:
            page.goto("/admin/signin")
            page.locator("#name").fill(studio.operator.name)
            studio.keep(page, form.named("admin-signin"))
    studio.look("admin-coupons", "/admin", ".offers", whole=True)
    studio.look("admin-new", "/admin/coupons/new", ".fields", whole=True)
    studio.look("admin-refused", "/admin/coupons/new", ".wrong", first=refused, whole=True)
    sent = simulate(studio)
    studio.look("board-simulate", sent, DRAWN, first=to("[aria-labelledby=simulate-title]"))
    studio.look("admin-edit", EDIT, ".fields")
    with studio.console() as page:
        brand(page)
    studio.look("admin-branding", EDIT, ".logo", first=to("form[action$=branding]", "start"))


def refused(page: Page) -> None:
    """Submit a form with an invalid code, a discount above 100 % and an end before the start."""
    fill_new(page)
    page.locator("#code").fill("Summer Sale")
    page.locator("#discount_kind").select_option("percent")
    page.locator("#discount_value").fill("120")
    page.locator("#expire_date").fill("2026-01-01T00:00")
    page.locator(".fields button:not([name])").click()
    expect(page.locator("#wrong")).to_be_visible()


def simulate(studio: ConsoleStudio) -> str:
    """Send a crowd to another coupon by the demo's button. Returns the resulting page's URL."""
    with studio.console() as page:
        page.goto("/admin/rooms/evening")
        page.locator("#members").fill(str(SIMULATED))
        page.locator("form[action$=simulate] button").click()
        expect(page.locator("#going")).to_be_visible()
        eventually(lambda: figures(studio.house, "evening")["entered"] == SIMULATED)
        time.sleep(5)  # so that some of them are admitted
        return page.url


def brand(page: Page) -> None:
    """Set a shop's name, colour, message and logo (a screenshot of our own logo)."""
    page.goto(EDIT)
    picture = page.locator(".brand svg").screenshot()
    for name, value in {
        "name": "Blossom Shop",
        "colour": "#b3246b",
        "message": "Pick-up starts on Monday.",
    }.items():
        page.locator(f"#{name}").fill(value)
    page.locator("form[action$=branding] button").click()
    expect(page.locator(".saved")).to_be_visible()
    logo = {"name": "logo.png", "mimeType": "image/png", "buffer": picture}
    page.locator("#logo").set_input_files(logo)  # type: ignore[arg-type]
    page.locator("form[action$='/logo'] button").click()
    expect(page.locator(".saved")).to_be_visible()


def to(selector: str, block: str = "end") -> Prepare:
    """Scroll the element to the upper (start) or the lower (end) edge of the window."""
    scroll = f"it => {{ it.scrollIntoView({{ block: '{block}' }}) }}"
    return lambda page: page.locator(selector).first.evaluate(scroll)


def ask(page: Page) -> None:
    """Send a rate with two noughts too many."""
    page.locator("#rate").fill("4500")
    page.locator("[name=what][value=set]").click()


def pause(studio: ConsoleStudio) -> None:
    press(studio, "Pause")
    with studio.console() as page:
        page.goto(BOARD)
        expect(page.locator('[data-gauge="admitted_per_s"] b')).to_have_text(
            "0/s", timeout=WITHIN_MS
        )
    studio.look("board-paused", BOARD, DRAWN, whole=True)


def afterwards(studio: ConsoleStudio) -> None:
    press(studio, "Resume")
    turn(studio, LAST_PER_S)
    eventually(lambda: figures(studio.house)["remain_count"] == 0, within_s=WITHIN_S)
    time.sleep(2)  # the chart draws a second once it is over
    studio.look("board-result", f"{BOARD}/result", DRAWN, whole=True)
    studio.look("admin-audit", f"/admin/audit?subject={CODE}", ".trail")


def turn(studio: ConsoleStudio, rate_per_s: int) -> None:
    with studio.console() as page:
        page.goto(BOARD)
        page.locator("#rate").fill(str(rate_per_s))
        page.get_by_role("button", name="Apply").click()
        page.wait_for_load_state()
        confirm = page.get_by_role("button", name=f"Apply {rate_per_s:,}/s")
        if confirm.is_visible():
            confirm.click()
        eventually(lambda: figures(studio.house)["rate_per_s"] == rate_per_s)


def press(studio: ConsoleStudio, button: str) -> None:
    with studio.console() as page:
        page.goto(BOARD)
        version = figures(studio.house)["version"]
        page.get_by_role("button", name=button, exact=True).click()
        eventually(lambda: figures(studio.house)["version"] > version)


def figures(house: House, code: str = CODE) -> dict[str, int]:
    return house.admin("GET", f"/rooms/{code}")


def entered(house: House) -> int:
    return figures(house)["entered"]


def rest_until(at: float) -> None:
    time.sleep(max(0.0, at - time.monotonic()))


def main(folder: Path) -> None:
    with (
        tempfile.TemporaryDirectory() as scratch,
        browser_and_stores() as (browser, database_url, redis_url),
        open_house(database_url, redis_url, Path(scratch), **IN_SEOUL) as house,
    ):
        house.start_web()
        take_all(ConsoleStudio(browser, house, folder))


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]) if len(sys.argv) == 2 else FOLDER)
