"""Public pages: which answers any cache may keep, and the header that says so.

A page is public if its language is in its address and its request has no credentials: then it
depends on the address and on Accept-Encoding only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from web.auth import admin_sessions, cookies, sessions
from web.i18n import COOKIE as LANGUAGE

# Caches keep a page for a second, and may send it for another one while they ask for the next.
CACHE_CONTROL = "public, max-age=0, s-maxage=1, stale-while-revalidate=1"
# The query parameter of a language link: its answer sets a cookie, so it is not public.
REMEMBER = "remember"
PERSONAL_COOKIES = frozenset(
    (sessions.SESSION_COOKIE, sessions.OLD_COOKIE, admin_sessions.SESSION_COOKIE)
)
# The cookies of tickets and of the progress, which end with a room's code.
PERSONAL_PREFIXES = ("ticket-", "from-")


def is_public(
    query: Mapping[str, str],
    headers: Collection[str],
    cookie_names: Iterable[str],
    languages: Collection[str],
) -> bool:
    """Whether any cache may keep the page. headers: the request's header names, in lower case."""
    if query.get(LANGUAGE) not in languages or REMEMBER in query or "authorization" in headers:
        return False
    return not any(map(_is_personal, cookie_names))


def _is_personal(name: str) -> bool:
    base = name.removeprefix(cookies.HOST_PREFIX)
    return base in PERSONAL_COOKIES or base.startswith(PERSONAL_PREFIXES)
