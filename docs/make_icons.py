"""Makes the icon of home screens and the picture of shared links, from the favicon's ticket.

.venv/bin/python -m docs.make_icons
"""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from load.browsers import launch_options

STATIC = Path(__file__).parents[1] / "web" / "static"
# By file: its size, and the width of the ticket.
PICTURES = {"icon-180.png": (180, 180, 132), "share.png": (1200, 630, 560)}
GROUND = "#0c6a56"
TICKET = """
<svg viewBox="2 4 28 24" width="{width}">
 <path fill="#fff" d="M6 5h20a3 3 0 0 1 3 3v6a3 3 0 0 0 0 6v4a3 3 0 0 1-3 3H6a3 3 0 0 1-3-3v-4a3 3
 0 0 0 0-6V8a3 3 0 0 1 3-3z"/>
 <path stroke="#0c6a56" stroke-width="1.6" stroke-dasharray="2.4 1.8" d="M6.4 17h19.2"/></svg>
"""
LOOK = "margin:0;height:100vh;display:grid;place-items:center;background:"
PAGE = "<body style='{look}{ground}'>{ticket}"


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options(os.environ))
        for name, (width, height, ticket) in PICTURES.items():
            page = browser.new_page(viewport={"width": width, "height": height})
            page.set_content(
                PAGE.format(look=LOOK, ground=GROUND, ticket=TICKET.format(width=ticket))
            )
            taken = Image.open(BytesIO(page.screenshot())).convert("RGB")
            taken.quantize(32).save(STATIC / name, optimize=True)
            print(f"{(STATIC / name).stat().st_size:>8,}  {name}")
        browser.close()


if __name__ == "__main__":
    main()
