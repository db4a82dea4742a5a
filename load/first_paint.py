"""First paint: when a page is first seen on a slow network, and what Chromium asks for until then.

    .venv/bin/python -m load.first_paint --coupon spring

from the checkout, while a demo runs. Each page for members is opened with an empty cache, by a
signed-in member, in each language: the ticket page by one in line, until its stream is open.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Annotated

import typer
from playwright.sync_api import Browser, BrowserContext, Page
from rich.console import Console
from rich.table import Table

from load.browsers import chromium, with_browser
from load.crowd.target import Target, find_target
from load.crowd.target_options import Anywhere, Url
from load.locust_users.offer import find_total_count
from load.page_visit import page_links
from load.request_count import CountingRelay, counting_relay
from processes.settings.reader import BadSettings

LATENCY_MS, BYTES_PER_S = 400, 50_000
VISITED = ("/coupons/{code}", "/rooms/{code}")
PAGES = (
    *VISITED, "/", "/signin", "/me", "/nowhere", "/rooms/{code}/draw", "/hand-over?next=/",
)  # fmt: skip
LANGUAGES = ("ko-KR", "en-US")
PAINT_MAX_S = 1.2
SETTLED_MS = 500
OPEN_WITHIN_S = 60.0
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"


@dataclass(frozen=True, slots=True)
class Network:
    """latency_ms: from a request to its answer. bytes_per_s: of all answers together."""

    latency_ms: float = LATENCY_MS
    bytes_per_s: float = BYTES_PER_S


@dataclass(frozen=True, slots=True)
class FirstVisit:
    """asked: paths of all requests, an icon, a manifest and the stream included.

    Headless browsers may not request icons and manifests: if a page links to them, they count.
    """

    path: str
    asked: tuple[str, ...]
    wire_bytes: int
    first_paint_s: float


def open_first(
    browser: Browser,
    relay: CountingRelay,
    target: Target,
    code: str,
    network: Network,
    *,
    pages: Sequence[str] = VISITED,
    language: str = LANGUAGES[0],
) -> list[FirstVisit]:
    """Open each page as a new member, with an empty cache. Raises playwright's Error."""
    found = []
    for page in pages:
        path = page.format(code=code)
        member = f"paint-{secrets.token_hex(4)}"  # a hand-over token works once
        context = browser.new_context(base_url=relay.base_url, locale=language)
        try:
            # These requests have the context's cookies, and leave nothing in its cache.
            signin = f"/signin?token={target.identity.sign(member)}&next=/"
            context.request.get(signin, max_redirects=0)
            if path == f"/rooms/{code}":
                form = {"Sec-Fetch-Site": "same-origin"}
                context.request.post(f"{path}/enter", headers=form, max_redirects=0)
            relay.reset()
            found.append(_open(context, relay, path, network))
        finally:
            context.close()
    return found


def _open(context: BrowserContext, relay: CountingRelay, path: str, network: Network) -> FirstVisit:
    page = context.new_page()
    slow = context.new_cdp_session(page)
    slow.send("Network.enable")
    slow.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": network.latency_ms,
            "downloadThroughput": network.bytes_per_s,
            "uploadThroughput": network.bytes_per_s,
        },
    )
    answer = page.goto(path, wait_until="load")
    links = page_links(answer.text() if answer else "")
    _wait_until_asked(page, relay, links.stream)
    page.wait_for_timeout(SETTLED_MS)
    asked = dict.fromkeys([*relay.asked, *links.assets])
    return FirstVisit(path, tuple(asked), relay.wire_bytes, page.evaluate(PAINT) / 1_000)


def _wait_until_asked(page: Page, relay: CountingRelay, stream: str) -> None:
    deadline = time.monotonic() + OPEN_WITHIN_S
    while stream and stream not in relay.asked and time.monotonic() < deadline:
        page.wait_for_timeout(50)


def main(
    coupon: Annotated[str, typer.Option(help="The coupon's code.")] = "spring",
    url: Url = None,
    latency_ms: Annotated[float, typer.Option(min=0)] = LATENCY_MS,
    bytes_per_s: Annotated[float, typer.Option(min=1_000)] = BYTES_PER_S,
    rounds: Annotated[int, typer.Option(min=1, max=20, help="Rounds; prints the medians.")] = 3,
    paint_max_s: Annotated[
        float, typer.Option(help="A later first paint is a failure.")
    ] = PAINT_MAX_S,
    anywhere: Anywhere = False,
) -> None:
    """Open all pages for members on a slow network; fail if one paints late."""
    try:
        target = find_target(url, anywhere=anywhere)
        find_total_count(target.base_url, coupon)
    except BadSettings as error:
        raise SystemExit(f"load.first_paint: {error}") from None
    network = Network(latency_ms, bytes_per_s)
    with chromium(with_browser(os.environ)) as browser, counting_relay(target.base_url) as relay:
        seen = {
            language: [
                open_first(browser, relay, target, coupon, network, pages=PAGES, language=language)
                for _ in range(rounds)
            ]
            for language in LANGUAGES
        }
    slowest_s = max(print_visits(language, found) for language, found in seen.items())
    raise SystemExit(0 if 0 < slowest_s <= paint_max_s else 1)


def print_visits(language: str, rounds: Sequence[Sequence[FirstVisit]]) -> float:
    """Print the medians of these rounds. Returns the slowest first paint, in seconds."""
    table = Table("page", "requests", "kB", "first paint", title=language, title_justify="left")
    slowest_s = 0.0
    for visits in zip(*rounds, strict=True):
        paint_s = median(one.first_paint_s for one in visits)
        kilobytes = median(one.wire_bytes for one in visits) / 1_000
        table.add_row(
            visits[0].path, str(len(visits[0].asked)), f"{kilobytes:.1f}", f"{paint_s:.2f} s"
        )
        slowest_s = max(slowest_s, paint_s)
    Console().print(table)
    for visit in rounds[0]:
        print(f"{visit.path}: {', '.join(visit.asked)}")
    return slowest_s


if __name__ == "__main__":
    typer.run(main)
