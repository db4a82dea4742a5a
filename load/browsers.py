"""Browsers: sends a small crowd of real browser contexts through the line.

    .venv/bin/python -m load.browsers --coupon spring --contexts 20

Run it from the checkout while a demo runs; `python3 run.py test` has to prepare `.venv` first. The
browser is that of CHROMIUM_PATH, or one that is found as for the tests.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from load.crowd.observations import Observations, Timings
from load.crowd.report import print_verdict
from load.crowd.target import Target, find_target
from load.crowd.target_options import Anywhere, Url
from load.crowd.verdict import verdict
from load.locust_users.offer import find_total_count
from processes.settings.reader import BadSettings

FIND_BROWSER = Path(__file__).parent.parent / "tests" / "find_browser.py"

CONTEXTS_MAX = 100
LOOK_EVERY_MS = 100
ARMING_S = 0.05  # time to set the timer that presses the button, for one context
# Runs in each page from its start, so that it also records places between two readings.
# sessionStorage keeps them when the page reloads itself.
WATCH = """(() => {
  const seen = () => JSON.parse(sessionStorage.getItem("seen") || '{"places": []}');
  const look = () => {
    const place = document.querySelector('#place[data-state="waiting"]');
    const number = place && place.querySelector(".number");
    if (!number || !/^[\\d,]+$/.test(number.textContent.trim())) return;
    const known = seen(), now = Number(number.textContent.trim().replaceAll(",", ""));
    const came = place.querySelector("time[data-seconds]");
    if (came) known.arrived_at = came.dateTime;
    if (known.places.at(-1) !== now) known.places.push(now);
    sessionStorage.setItem("seen", JSON.stringify(known));
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
  document.addEventListener("DOMContentLoaded", look);
})()"""
PRESS = "(form, at_ms) => { setTimeout(() => form.requestSubmit(), at_ms - Date.now()) }"
SUMMARY = """() => {
  const place = document.querySelector("#place"), id = document.querySelector("#place dd.code");
  return {
    state: place ? place.dataset.state : null,
    coupon: id ? id.textContent.trim() : null,
    title: place ? place.querySelector("h1").textContent.trim() : null,
    ...JSON.parse(sessionStorage.getItem("seen") || '{"places": []}'),
  };
}"""
# Headless browsers may not request icons and manifests: if a page links to them, they count.
LINKED = """() => [...document.querySelectorAll('link[rel~="icon"], link[rel~="manifest"]')]
  .map((link) => new URL(link.href).pathname)"""


class Person:
    """A simulated member with a browser context: cookies, storage and one tab."""

    def __init__(self, browser: Browser, target: Target, code: str, number: int) -> None:
        self.seen = Observations(f"browser-{secrets.token_hex(3)}-{number}")
        self.places: list[int] = []
        self.title: str | None = None
        self._code = code
        self._context: BrowserContext = browser.new_context(base_url=target.base_url)
        self._context.add_init_script(WATCH)
        self._token = target.identity.sign(self.seen.member_id)
        self.page: Page = self._context.new_page()
        self._pressed_at_s = 0.0
        self.script_errors: list[str] = []
        self.page.on("pageerror", lambda error: self.script_errors.append(str(error)))
        self._asked: dict[str, None] = {}
        self._has_stream = False
        self.page.on("request", self._count_request)

    @property
    def asked(self) -> tuple[str, ...]:
        """What the browser requested from the hand-over until its stream was open: methods, paths.

        A file counts once, as later pages have it from the cache. Empty without a stream.
        """
        return tuple(self._asked) if self._has_stream else ()

    def _count_request(self, request: Request) -> None:
        if not self._has_stream:
            path = urlsplit(request.url).path
            self._asked[f"{request.method} {path}"] = None
            self._has_stream = path == f"/rooms/{self._code}/live"

    def come(self) -> None:
        """Sign in by the shop's link, and open the coupon's page."""
        self.page.goto(
            f"/signin?token={self._token}&next=/coupons/{self._code}", wait_until="domcontentloaded"
        )
        for path in self.page.evaluate(LINKED):
            self._asked[f"GET {path}"] = None

    def press(self, at_s: float) -> None:
        """Press the button at this time, from a timer in the page: all press it together."""
        form = f'form[action="/rooms/{self._code}/enter"]'
        self._pressed_at_s = at_s
        self.page.eval_on_selector(form, PRESS, at_s * 1_000)

    def read_page(self) -> bool:
        """Record what the page shows. Returns whether it is final."""
        if f"/rooms/{self._code}" not in self.page.url:
            return False
        self.page.wait_for_selector("#place")
        self._note(self.page.evaluate(SUMMARY))
        self.seen.told_after_s = time.time() - self._pressed_at_s
        return self.seen.final != "failed"

    def _note(self, page: dict[str, Any]) -> None:
        self.places, self.title = page["places"], page["title"]
        self.seen.waited = bool(self.places)
        self.seen.place_rose = sum(after > before for before, after in pairwise(self.places))
        if page.get("arrived_at"):
            self.seen.arrived_at = datetime.fromisoformat(page["arrived_at"])
        if page["state"] == "issued" and page["coupon"]:
            self.seen.issued(page["coupon"])
        elif page["state"] == "refused":
            self.seen.refused(self.title or "refused")

    @property
    def story(self) -> str:
        """The places that the page showed, and its last title."""
        return " > ".join([*(f"{place:,}" for place in self.places), self.title or "nothing"])

    def close(self) -> None:
        self._context.close()


def line_up(
    browser: Browser,
    target: Target,
    code: str,
    *,
    contexts: int,
    within_s: float,
    once_in_line: Callable[[], None] = lambda: None,
) -> list[Person]:
    """Send this many contexts into the line, until each has a coupon or a refusal.

    Calls `once_in_line` when all have seen a place. A caller that keeps the room paused until then
    has all of them in line at once, however slowly the pages open.
    """
    people = [Person(browser, target, code, number) for number in range(contexts)]
    try:
        for person in people:
            person.come()
        at_s = time.time() + contexts * ARMING_S
        for person in people:
            person.press(at_s)
        began, waiting, gathering = time.monotonic(), list(people), True
        while waiting and time.monotonic() - began < within_s:
            waiting[0].page.wait_for_timeout(LOOK_EVERY_MS)
            waiting = [person for person in waiting if not person.read_page()]
            if gathering and all(person.places for person in people):
                gathering = False
                once_in_line()
        for person in waiting:
            person.seen.error = f"no final answer, but: {person.title or person.page.url}"
    finally:
        for person in people:
            person.close()
    return people


def launch_options(environ: Mapping[str, str]) -> dict[str, Any]:
    """Options to launch the browser of CHROMIUM_PATH, or Playwright's own; headless Chromium."""
    args = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        args.append("--no-sandbox")  # Chromium's sandbox refuses root
    found = environ.get("CHROMIUM_PATH")
    return {"args": args} | ({"executable_path": found} if found else {})


@contextmanager
def chromium(environ: Mapping[str, str]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options(environ))
        try:
            yield browser
        finally:
            browser.close()


def main(
    coupon: Annotated[str, typer.Option(help="The coupon's code.")] = "spring",
    contexts: Annotated[int, typer.Option(min=1, max=CONTEXTS_MAX, help="Browser contexts.")] = 20,
    url: Url = None,
    give_up: Annotated[float, typer.Option(min=1, help="Time limit, s.")] = 300.0,
    anywhere: Anywhere = False,
) -> None:
    """Send real browsers through the line, and compare what they showed with Postgres."""
    try:
        target = find_target(url, anywhere=anywhere)
        total_count = find_total_count(target.base_url, coupon)
    except BadSettings as error:
        raise SystemExit(f"load.browsers: {error}") from None
    with chromium(with_browser(os.environ)) as browser:
        people = line_up(browser, target, coupon, contexts=contexts, within_s=give_up)
    for person in people:
        print(f"{person.seen.member_id}: {person.story}")
    judged = verdict(
        [person.seen for person in people],
        total_count=total_count,
        holders=target.rows(coupon),
    )
    print_verdict(judged, Timings(), max(person.seen.told_after_s for person in people))
    print_requests([person.asked for person in people if person.asked])
    script_errors = [text for person in people for text in person.script_errors]
    for text in script_errors:
        print(f"A page's script failed: {text}")
    raise SystemExit(0 if judged.is_good and not script_errors else 1)


def print_requests(asked: Sequence[Sequence[str]]) -> None:
    """asked: what each browser requested until its stream was open."""
    if not asked:
        print("No browser opened a stream: nobody waited.")
        return
    counts = [len(one) for one in asked]
    print(
        f"Requests of a browser until its stream was open: {median(counts):g} "
        f"({min(counts)} to {max(counts)}), such as {', '.join(asked[0])}"
    )


def with_browser(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` with a CHROMIUM_PATH. Exits if no browser is found."""
    if environ.get("CHROMIUM_PATH"):
        return dict(environ)
    command = [sys.executable, str(FIND_BROWSER)]
    found = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
    if found.returncode != 0:
        raise SystemExit(found.returncode)
    return {**environ, "CHROMIUM_PATH": found.stdout.strip()}


if __name__ == "__main__":
    typer.run(main)
