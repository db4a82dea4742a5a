"""Navigation: whether a person's browser goes to a page, so that a GET may act for them.

A GET enters a line, or claims a pass, only for such a request. A prefetch, a link's preview, a bot
or a HEAD would otherwise take places and seats that nobody uses.
"""

from __future__ import annotations

from fastapi import Request

from web.middleware.security import WAS_HEAD

# The query parameter of a request that should bring our cookie back.
RETURNED = "returned"
PURPOSES = ("sec-purpose", "purpose", "x-purpose", "x-moz")


def is_navigation(request: Request) -> bool:
    """Whether the browser says that somebody goes to this page (Fetch Metadata).

    Browsers that say nothing count as others: their page has a button.
    """
    headers = request.headers
    return (
        request.method == "GET"
        and WAS_HEAD not in request.scope
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
        and not any(name in headers for name in PURPOSES)
    )
