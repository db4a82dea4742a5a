"""Navigation: whether a person's browser opens a page, or something only looks at its link."""

from __future__ import annotations

import re

from fastapi import Request

from web.middleware.security import WAS_HEAD

# The headers of a prefetch or prerender.
PURPOSES = ("sec-purpose", "purpose", "x-purpose", "x-moz")
# User agents that fetch a link for a preview.
_PREVIEWS = re.compile(
    "bot|crawl|spider|preview|scrap|facebookexternalhit|whatsapp|embedly|line-poker|yeti", re.I
)


def is_prefetch(request: Request) -> bool:
    """Whether a browser asks for the page before anybody has opened it."""
    return any(name in request.headers for name in PURPOSES)


def is_followed(request: Request) -> bool:
    """Whether a browser navigates here, by Sec-Fetch-Dest, or else by the user agent."""
    if WAS_HEAD in request.scope or is_prefetch(request):
        return False
    destination = request.headers.get("sec-fetch-dest")
    if destination is not None:
        return destination == "document"
    return not _PREVIEWS.search(request.headers.get("user-agent", ""))


def form_page_path(path: str) -> str | None:
    """The path of the page whose form posts to this path; None for any other path."""
    before, _, name = path.rpartition("/")
    return {
        "enter": before,
        "leave": before,
        "issue": before,
        "use": "/me",
        "turn": before,
        "hand-over": "/",
        "signout": "/",
        "go": before,
    }.get(name, before if before.endswith("/plan") else None)
