"""Form guard: checks that every form's page runs first."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse

from web.auth.member_tokens import Visitor
from web.dependencies import find_visitor, refuse_cross_site
from web.i18n import COOKIE, languages


def signed_in_for(request: Request, back_to: str) -> Visitor | RedirectResponse:
    """The member who posts this form from our own page, or a redirect to the sign-in page, in the
    language of a public page's form.
    """
    refuse_cross_site(request)
    who = find_visitor(request)
    chosen = request.query_params.get(COOKIE)
    language = f"&{COOKIE}={chosen}" if chosen in languages() else ""
    return who or RedirectResponse(f"/signin?next={quote(back_to)}{language}", 303)


def local_path(text: str) -> str:
    """`text` if it is a path on this site, else `/`, to prevent open redirects.

    Browsers read a backslash as a slash, and `//host` as another host.
    """
    is_local = text.startswith("/") and not text.startswith("//") and text.isprintable()
    return text if is_local and "\\" not in text else "/"
