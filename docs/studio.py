"""Studio: takes screenshots of the running product in a browser, and creates each state."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from docs.picture_sources import FOLDER, record
from issuance.migrate import migrate
from issuance.postgres.engine import open_engine
from load.browsers import chromium, with_browser
from tests.house import House
from tests.servers import Servers, drop_database, fresh_database

BYTES_MAX = 150_000
MEMBER = "alice"
# A headless browser denies notifications without asking.
NOT_ASKED = "Object.defineProperty(Notification, 'permission', { get: () => 'default' })"
LOCALES = {"en": "en-GB", "ko": "ko-KR"}
# The site and its readers are in the same time zone.
IN_SEOUL = {"SITE_TIME_ZONE": "Asia/Seoul"}
WINDOWS: dict[str, Any] = {
    "wide": {"width": 1280, "height": 800},
    "phone": {"width": 390, "height": 844},
}


@dataclass(frozen=True, slots=True)
class Form:
    """The language, window and colours of a screenshot."""

    language: str
    window: str
    colours: Any

    def named(self, name: str) -> str:
        """The file's name; English and light are not part of it."""
        words = [name, self.window]
        words += ["dark"] if self.colours == "dark" else []
        words += [self.language] if self.language != "en" else []
        return "-".join(words) + ".png"


FORMS = [Form(*one) for one in product(LOCALES, WINDOWS, ("light", "dark"))]


@contextmanager
def browser_and_stores() -> Iterator[tuple[Browser, str, str]]:
    """A browser, and the URLs of a new, migrated database and of a Redis.

    The browser is that of CHROMIUM_PATH, or one that is found as for the tests; the stores are
    embedded, or those of DATABASE_URL and REDIS_URL.
    """
    with Servers() as servers, chromium(with_browser(os.environ)) as browser:
        name = f"waitroom_pictures_{secrets.token_hex(4)}"
        url = fresh_database(servers.database_url, name)
        try:
            engine = open_engine(url, connections_max=1, name="pictures")
            migrate(engine)
            engine.dispose()
            yield browser, url, servers.redis_url
        finally:
            drop_database(servers.database_url, name)


def with_few_colours(file: Path) -> None:
    """Reduce to 256 colours: large areas keep theirs; the file shrinks to 40 %."""
    picture = Image.open(file).convert("RGB")
    few = picture.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
    few.save(file, optimize=True)


class Studio:
    """Takes screenshots into `folder`, of those names that `wants` accepts."""

    def __init__(
        self, browser: Browser, house: House, folder: Path, wants: Callable[[str], bool]
    ) -> None:
        folder.mkdir(exist_ok=True, parents=True)
        self._browser = browser
        self._folder = folder
        self._wants = wants
        self.house = house
        self.started: dict[str, int] = {}
        self._sessions: dict[str, list[Any]] = {}
        self.tickets: dict[str, str] = {}

    @contextmanager
    def window(self, form: Form) -> Iterator[Page]:
        """A window of this form, without a session."""
        context = self._browser.new_context(
            viewport=WINDOWS[form.window],
            color_scheme=form.colours,
            device_scale_factor=1,
            reduced_motion="reduce",
            locale=LOCALES[form.language],
            timezone_id=IN_SEOUL["SITE_TIME_ZONE"],
            base_url=self.house.base_url,
        )
        # The cookies of a browser that has entered.
        for code, ahead in self.started.items():
            cookie = {"name": f"from-{code}", "value": str(ahead), "url": self.house.base_url}
            context.add_cookies([cookie])  # type: ignore[list-item]
        for code, ticket in self.tickets.items():
            cookie = {"name": f"ticket-{code}", "value": ticket, "url": self.house.base_url}
            context.add_cookies([cookie])  # type: ignore[list-item]
        try:
            context.add_init_script(NOT_ASKED)
            yield context.new_page()
        finally:
            context.close()

    @contextmanager
    def page(self, form: Form, member: str) -> Iterator[Page]:
        """A window of this form with the member's session."""
        with self.window(form) as page:
            page.context.add_cookies(self._session_of(member))
            yield page

    def _session_of(self, member: str) -> list[Any]:
        """The member's cookies, from one sign-in: while Redis is cut off nobody can sign in."""
        if member not in self._sessions:
            with self.window(Form("en", "wide", "light")) as page:
                page.goto(f"/signin?token={self.house.identity.sign(member)}&next=/me")
                cookies: list[Any] = page.context.cookies()
            of_places = ("from-", "ticket-")
            self._sessions[member] = [
                one for one in cookies if not one["name"].startswith(of_places)
            ]
        return self._sessions[member]

    def take(
        self, name: str, path: str, shows: str, *, member: str = MEMBER, press: str | None = None
    ) -> None:
        """Take `path` in each form, once an element matches `shows`.

        press: an element to click before.
        """
        for form in self.forms(name):
            with self.page(form, member) as page:
                page.goto(path)
                if press is not None:
                    page.locator(press).first.click()
                expect(page.locator(shows).first).to_be_visible(timeout=20_000)
                self.keep(page, form.named(name))

    def forms(self, name: str) -> list[Form]:
        """The forms in which a screenshot of this name is wanted."""
        return [form for form in FORMS if self._wants(form.named(name))]

    def keep(self, page: Page, name: str, *, whole: bool = False) -> None:
        """Take the window, or the whole page. Exits if the file is too large.

        Records the sources of the docs' own screenshots.
        """
        file = self._folder / name
        page.screenshot(path=file, full_page=whole)
        with_few_colours(file)
        size = file.stat().st_size
        print(f"{size:>8,}  {name}")
        if size > BYTES_MAX:
            sys.exit(f"{name} is larger than {BYTES_MAX:,} bytes.")
        if self._folder == FOLDER:
            record(name)

    def enter(self, code: str, member: str = MEMBER) -> None:
        status, body = self.house.member("POST", f"/api/rooms/{code}/enter", member)
        assert status in (200, 202), body
        if member == MEMBER and body["ticket"]:
            self.tickets[code] = body["ticket"]

    def crowd(self, code: str, people: int) -> None:
        """Let this many other members enter."""
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: self.enter(code, f"other-{n}"), range(people)))

    def state(self, code: str) -> str:
        body = self.house.member("GET", f"/api/rooms/{code}/place", MEMBER)[1]
        return str(body.get("state", body.get("type")))

    def offer(
        self,
        code: str,
        description: str,
        discount: dict[str, object],
        total: int,
        *,
        opens_in: timedelta = timedelta(hours=-1),
        **room: object,
    ) -> None:
        opens_at = datetime.now(UTC).replace(second=0, microsecond=0) + opens_in
        self.house.admin(
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

    def turn(self, code: str, **settings: object) -> None:
        """Change the room's settings by the admin API."""
        self.house.admin("PATCH", f"/rooms/{code}", settings)
