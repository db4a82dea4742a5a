"""Against which limit the requests to a path are counted. Every path has one; none is free.

Health checks and a page's looks have shares of their own, so that a crowd behind one address, or a
flood from it, takes neither from the other. Admins have theirs once they are verified
(`web.middleware.rate_limit`).
"""

from __future__ import annotations

from typing import Literal

LimitClass = Literal["requests", "looks", "health"]

_HEALTH = ("/healthz", "/readyz", "/livez", "/metrics")
_ADMIN = ("/admin", "/api/admin/")
_LOOKS = ("/brand.css", "/logo")


def limit_class(path: str) -> LimitClass:
    """The share of requests from one address that this path belongs to."""
    if path.startswith("/static/") or (path.startswith("/rooms/") and path.endswith(_LOOKS)):
        return "looks"
    if path.startswith(_HEALTH):
        return "health"
    return "requests"


def is_for_admins(path: str) -> bool:
    """Whether an admin's credentials count here."""
    return path.startswith(_ADMIN)
