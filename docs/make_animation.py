"""Takes docs/screenshots/line.webp: a ticket page beside the console's board, as a crowd comes.

    .venv/bin/python -m docs.make_animation
    .venv/bin/python -m docs.make_animation FOLDER

from the checkout's own folder, once `python3 run.py test` has prepared `.venv`. With FOLDER each
frame is also written there as a PNG, to be looked at. The crowd is `waitroom crowd`, through the
entrance; a frame is what both windows of a running product show at that moment.
"""

from __future__ import annotations

import io
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from docs.make_console_screenshots import BOARD, CODE, DRAWN, ConsoleStudio, entered, figures
from docs.picture_sources import FOLDER, record
from docs.studio import MEMBER, Form, browser_and_stores
from tests.house import eventually, open_house

NAME, BYTES_MAX = "line.webp", 600_000
TICKET, CONSOLE = {"width": 390, "height": 700}, {"width": 810, "height": 700}
GAP, WIDTH = 12, 1_000
BACKGROUND = (207, 216, 211)
QUALITY = 60

CROWD, TOTAL, ARRIVE_WITHIN_S, GIVE_UP_S = 1_500, 1_400, 12, 300
AHEAD = 400
RATE_PER_S, FASTER_PER_S = 25, 50
# Frames are taken this far apart, and shown this long each: three times as fast as it was.
APART_S, SHOWN_MS, LAST_MS = 1.2, 400, 4_000
FRAMES_SLOW, FRAMES_MAX = 9, 40
WITHIN_S = 60


@dataclass(frozen=True, slots=True)
class Stage:
    """Both windows, and the frames taken of them so far."""

    ticket: Page
    board: Page
    frames: list[Image.Image]

    def take(self) -> None:
        began = time.monotonic()
        self.frames.append(side_by_side(photograph(self.ticket), photograph(self.board)))
        time.sleep(max(0.0, began + APART_S - time.monotonic()))


def photograph(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def side_by_side(left: Image.Image, right: Image.Image) -> Image.Image:
    """Both on one picture of WIDTH pixels."""
    whole = Image.new("RGB", (left.width + GAP + right.width, left.height), BACKGROUND)
    whole.paste(left, (0, 0))
    whole.paste(right, (left.width + GAP, 0))
    height = round(whole.height * WIDTH / whole.width)
    return whole.resize((WIDTH, height), Image.Resampling.LANCZOS)


@contextmanager
def stage(studio: ConsoleStudio) -> Iterator[Stage]:
    form = Form("en", "wide", "light")
    with studio.page(form, MEMBER) as ticket, studio.signed_in(form) as board:
        ticket.set_viewport_size(TICKET)  # type: ignore[arg-type]
        board.set_viewport_size(CONSOLE)  # type: ignore[arg-type]
        ticket.goto(f"/coupons/{CODE}")
        board.goto(BOARD)
        expect(board.locator(DRAWN).first).to_be_visible()
        below_the_menu(board)
        yield Stage(ticket, board, [])


def below_the_menu(board: Page) -> None:
    board.locator("h1").evaluate("it => { scrollBy(0, it.getBoundingClientRect().top - 20) }")


def play(studio: ConsoleStudio, on: Stage) -> None:
    """A member gets in line behind some of the crowd; an operator admits faster; a coupon."""
    house = studio.house
    on.take()
    crowd = house.start(
        "crowd", CODE, "--members", str(CROWD), "--within", str(ARRIVE_WITHIN_S),
        "--url", house.base_url, "--give-up", str(GIVE_UP_S),
    )  # fmt: skip
    eventually(lambda: entered(house) >= AHEAD, within_s=WITHIN_S)
    on.ticket.locator(".action button").click()
    expect(on.ticket.locator("#place.place-waiting")).to_be_visible()
    for _ in range(FRAMES_SLOW):
        on.take()
    on.board.locator("#rate").fill(str(FASTER_PER_S))
    on.board.locator("#rate").press("Enter")
    eventually(lambda: figures(house)["rate_per_s"] == FASTER_PER_S)
    below_the_menu(on.board)
    while not on.ticket.locator("#place.place-issued").is_visible():
        if len(on.frames) == FRAMES_MAX:
            sys.exit(f"No coupon after {FRAMES_MAX} frames.")
        on.take()
    on.take()
    studio.turn(CODE, rate_per_s=1_000)
    if crowd.wait(WITHIN_S) != 0:
        sys.exit(f"The crowd was told something else than Postgres has:\n{house.log.read_text()}")
    house.processes.remove(crowd)


def write(frames: list[Image.Image], file: Path) -> None:
    """Ends the process where it is too large."""
    first, *others = frames
    lasts = [SHOWN_MS] * len(others) + [LAST_MS]
    first.save(
        file, save_all=True, append_images=others, duration=lasts, loop=0,
        quality=QUALITY, method=6, minimize_size=True,
    )  # fmt: skip
    size = file.stat().st_size
    print(f"{size:>8,}  {file.name}, {len(frames)} frames")
    if size > BYTES_MAX:
        sys.exit(f"{file.name} is larger than {BYTES_MAX:,} bytes.")
    record(file.name)


def main(looked_at: Path | None) -> None:
    with (
        tempfile.TemporaryDirectory() as scratch,
        browser_and_stores() as (browser, database_url, redis_url),
        open_house(database_url, redis_url, Path(scratch), WORKERS="2") as house,
    ):
        house.start_web()
        house.start("worker", "--workers", "2")
        house.start("admitter")
        studio = ConsoleStudio(browser, house, FOLDER)
        amount: dict[str, object] = {"kind": "amount", "value": 5_000}
        studio.offer(CODE, "Summer sale", amount, TOTAL, rate_per_s=RATE_PER_S, burst=1)
        with stage(studio) as on:
            play(studio, on)
    if looked_at is not None:
        looked_at.mkdir(exist_ok=True, parents=True)
        for number, frame in enumerate(on.frames):
            frame.save(looked_at / f"{number:02}.png")
    write(on.frames, FOLDER / NAME)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]) if len(sys.argv) == 2 else None)
