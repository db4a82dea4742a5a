"""Takes the pictures in docs/screenshots from the running product.

    .venv/bin/python -m docs.make_screenshots

from the checkout's own folder, once `python3 run.py test` has prepared `.venv`. The browser is
the one in CHROMIUM_PATH, else Playwright's own. Postgres and Redis are embedded, or those of
DATABASE_URL and REDIS_URL, as in the tests.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from issuance.database import open_engine
from issuance.migrate import migrate
from tests.house import House, eventually, open_house
from tests.servers import Servers, drop_database, fresh_database

FOLDER = Path(__file__).parent / "screenshots"
BYTES_MAX = 120_000
WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
# Each picture is taken in these forms: name, window, colours, language.
Form = tuple[str, Any, Any, str]
FORMS: tuple[Form, ...] = (
    ("wide", WIDE, "light", "en-GB"),
    ("phone", PHONE, "light", "en-GB"),
)
DARK: Form = ("phone-dark", PHONE, "dark", "en-GB")
KOREAN: Form = ("phone-ko", PHONE, "light", "ko-KR")
# A browser without a window refuses notifications before anybody could ask for them.
NOT_ASKED = "Object.defineProperty(Notification, 'permission', { get: () => 'default' })"
PEOPLE_AHEAD = 1_240
MEMBER = "alice"


class Studio:
    """One browser before a house of running processes."""

    def __init__(self, browser: Browser, house: House) -> None:
        self._browser = browser
        self.house = house

    @contextmanager
    def page(self, form: Form, member: str) -> Iterator[Page]:
        """A window of this form, in which `member` is signed in."""
        _, window, colours, locale = form
        context = self._browser.new_context(
            viewport=window,
            color_scheme=colours,
            device_scale_factor=1,
            reduced_motion="reduce",
            locale=locale,
            timezone_id="Asia/Seoul",
            base_url=self.house.base_url,
        )
        try:
            context.add_init_script(NOT_ASKED)
            page = context.new_page()
            page.goto(f"/signin?token={self.house.identity.mint(member)}&next=/me")
            yield page
        finally:
            context.close()

    def take(
        self,
        name: str,
        path: str,
        shows: str,
        *,
        member: str = MEMBER,
        press: str | None = None,
        also: tuple[Form, ...] = (),
    ) -> None:
        """Take `path` in each form, once an element that matches `shows` is there.

        press: a button to press before.
        """
        for form in FORMS + also:
            with self.page(form, member) as page:
                page.goto(path)
                if press is not None:
                    page.get_by_role("button", name=press).click()
                expect(page.locator(shows).first).to_be_visible(timeout=20_000)
                self._keep(page, f"{name}-{form[0]}.png")

    def _keep(self, page: Page, name: str) -> None:
        file = FOLDER / name
        page.screenshot(path=file)
        size = file.stat().st_size
        print(f"{size:>8,}  {name}")
        if size > BYTES_MAX:
            sys.exit(f"{name} is larger than {BYTES_MAX:,} bytes.")

    def enter(self, code: str, member: str = MEMBER) -> None:
        status, body = self.house.member("POST", f"/api/rooms/{code}/enter", member)
        assert status in (200, 202), body

    def crowd(self, code: str, people: int) -> None:
        """So many others enter, a few at a time."""
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: self.enter(code, f"other-{n}"), range(people)))

    def state(self, code: str) -> str:
        body = self.house.member("GET", f"/api/rooms/{code}/place", MEMBER)[1]
        return str(body.get("state", body.get("type")))


def offer(
    house: House,
    code: str,
    description: str,
    discount: dict[str, object],
    total: int,
    *,
    opens_in_h: int = -1,
    **room: object,
) -> None:
    this_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    opens_at = this_hour + timedelta(hours=opens_in_h)
    house.admin(
        "POST",
        "/coupons",
        {
            "code": code,
            "description": description,
            "discount": discount,
            "total_count": total,
            "opens_at": opens_at.isoformat(),
            "expire_date": (opens_at + timedelta(days=30)).isoformat(),
            "room": room,
        },
    )


def take_all(studio: Studio) -> None:
    house = studio.house
    house.start_web()
    house.start("admitter")
    amount, percent = {"kind": "amount", "value": 5_000}, {"kind": "percent", "value": 20}
    offer(house, "spring", "Spring sale", amount, 2_000, opens_in_h=-3, rate_per_s=10, burst=1)
    offer(house, "early", "For early birds", percent | {"cap": 8_000}, 300, opens_in_h=-2)
    offer(
        house,
        "night",
        "Night market",
        amount | {"value": 3_000},
        500,
        opens_in_h=5,
        lobby_s=6 * 3_600,
        opening="draw",
    )
    studio.enter("night")
    studio.take("lobby", "/rooms/night", "#place.place-lobby .countdown", also=(KOREAN,))

    # Without a worker the admitted stay admitted: that is how the moment can be caught.
    studio.enter("early")
    eventually(lambda: studio.state("early") == "admitted")
    studio.take("admitted", "/rooms/early", "#place.place-admitted")
    house.start("worker")
    eventually(lambda: studio.state("early") == "issued")
    studio.take("issued", "/rooms/early", "#place.place-issued", also=(DARK, KOREAN))

    studio.crowd("spring", PEOPLE_AHEAD)
    studio.enter("spring")
    with_a_wait = "#place.place-waiting .wait dd:text-matches('[0-9]')"
    studio.take("waiting", "/rooms/spring", with_a_wait, also=(DARK, KOREAN))

    studio.crowd("early", 299)
    eventually(lambda: house.call("GET", "/api/coupons/early")[1]["state"] == "sold_out")
    refused = "#place.place-refused"
    studio.take("sold-out", "/rooms/early", refused, press="Get in line", member="bob")
    studio.take("coupons", "/", ".tickets", member="bob")
    studio.take("coupon", "/coupons/spring", ".action button", member="bob")

    used = house.member("GET", "/api/me/coupons", MEMBER)[1][0]["id"]  # type: ignore[index]
    house.member("POST", f"/api/me/coupons/{used}/use", MEMBER)
    offer(house, "hello", "Welcome", amount | {"value": 2_000}, 100)
    studio.enter("hello")
    eventually(lambda: studio.state("hello") == "issued")
    studio.take("my-coupons", "/me", ".tickets")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    found = os.environ.get("CHROMIUM_PATH")
    # Chromium refuses to run as root with a sandbox.
    args = ["--no-sandbox"] if os.geteuid() == 0 else []
    with (
        Servers() as servers,
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=found, args=args) as browser,
    ):
        name = f"waitroom_pictures_{secrets.token_hex(4)}"
        url = fresh_database(servers.database_url, name)
        try:
            engine = open_engine(url, connections_max=1, name="pictures")
            migrate(engine)
            engine.dispose()
            with open_house(url, servers.redis_url, Path(folder)) as house:
                take_all(Studio(browser, house))
        finally:
            drop_database(servers.database_url, name)


if __name__ == "__main__":
    main()
