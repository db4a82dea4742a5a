"""Browsers: a small crowd of real browser contexts, in line together, each seeing its place fall.

    .venv/bin/python -m load.browsers --coupon spring --contexts 20

from the checkout, while a demo runs, once `python3 run.py test` has prepared `.venv`. The browser
is the one in CHROMIUM_PATH, else one that is found as for the tests.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import typer
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from load.crowd.observations import Observations, Timings
from load.crowd.report import print_verdict
from load.crowd.target import Target, find_target
from load.crowd.verdict import verdict
from load.locust_users.offer import find_total_count
from processes.settings.reader import BadSettings

FIND_BROWSER = Path(__file__).parent.parent / "tests" / "find_browser.py"

CONTEXTS_MAX = 100
LOOK_EVERY_MS = 100
ARMING_S = 0.05  # one context, from being asked to press until it is ready to
# Runs in each page from its first moment on, so that no place between two of our looks is missed.
# The tab's own storage keeps what was seen when the page loads itself again.
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


class Person:
    """One context: cookies, storage and a tab of its own."""

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
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def come(self) -> None:
        """Handed over by the shop, before the coupon's page."""
        self.page.goto(
            f"/signin?token={self._token}&next=/coupons/{self._code}", wait_until="domcontentloaded"
        )

    def press(self, at_s: float) -> None:
        """The button, at that time of the clock: all press it together, and none waits for us."""
        form = f'form[action="/rooms/{self._code}/enter"]'
        self._pressed_at_s = at_s
        self.page.eval_on_selector(form, PRESS, at_s * 1_000)

    def read_page(self) -> bool:
        """Whether there is a final answer on the page."""
        if f"/rooms/{self._code}" not in self.page.url:
            return False
        self.page.wait_for_selector("#place")
        told = self.page.evaluate(SUMMARY)
        self._note(told)
        self.seen.told_after_s = time.time() - self._pressed_at_s
        return self.seen.final != "failed"

    def _note(self, told: dict[str, Any]) -> None:
        self.places, self.title = told["places"], told["title"]
        self.seen.waited = bool(self.places)
        self.seen.place_rose = sum(after > before for before, after in pairwise(self.places))
        if told.get("arrived_at"):
            self.seen.arrived_at = datetime.fromisoformat(told["arrived_at"])
        if told["state"] == "issued" and told["coupon"]:
            self.seen.issued(told["coupon"])
        elif told["state"] == "refused":
            self.seen.refused(self.title or "refused")

    @property
    def story(self) -> str:
        """The places they saw, and how it ended."""
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
    """Let so many stand in line together until each has a coupon or a refusal.

    `once_in_line` is called when every one of them has seen a place: a room that is paused until
    then has them all stand there at once, however slowly a machine opens their pages.
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
    """The browser of CHROMIUM_PATH, else Playwright's own; quiet, and as root without a sandbox."""
    args = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        args.append("--no-sandbox")  # Chromium refuses to run as root with one
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
    coupon: Annotated[str, typer.Option(help="the coupon's code")] = "spring",
    contexts: Annotated[int, typer.Option(min=1, max=CONTEXTS_MAX)] = 20,
    url: Annotated[str | None, typer.Option(help="the server; default: BASE_URL")] = None,
    give_up: Annotated[float, typer.Option(min=1, help="s until the end")] = 300.0,
    anywhere: Annotated[
        bool, typer.Option(help="yes, to a server that isn't this machine")
    ] = False,
) -> None:
    """Let real browsers stand in line together, and judge what they were shown."""
    try:
        target = find_target(url, anywhere=anywhere)
        total_count = find_total_count(target.base_url, coupon)
    except BadSettings as error:
        raise SystemExit(f"load.browsers: {error}") from None
    with chromium(with_browser(os.environ)) as browser:
        people = line_up(browser, target, coupon, contexts=contexts, within_s=give_up)
    for person in people:
        print(f"{person.seen.member_id}: {person.story}")
    told = verdict(
        [person.seen for person in people],
        total_count=total_count,
        holders=target.rows(coupon),
    )
    print_verdict(told, Timings(), max(person.seen.told_after_s for person in people))
    complaints = [said for person in people for said in person.complaints]
    for said in complaints:
        print(f"The page complained: {said}")
    raise SystemExit(0 if told.is_good and not complaints else 1)


def with_browser(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` with a browser in it. Ends the process where there is none."""
    if environ.get("CHROMIUM_PATH"):
        return dict(environ)
    command = [sys.executable, str(FIND_BROWSER)]
    found = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
    if found.returncode != 0:
        raise SystemExit(found.returncode)
    return {**environ, "CHROMIUM_PATH": found.stdout.strip()}


if __name__ == "__main__":
    typer.run(main)
