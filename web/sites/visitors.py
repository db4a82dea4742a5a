"""Who is at a site's room: a member whom the shop has signed in, or else the browser's visitor."""

from __future__ import annotations

from fastapi import Request

from web.auth.member_tokens import Visitor
from web.container import get_container
from web.dependencies import find_visitor


def find_site_visitor(request: Request) -> Visitor | None:
    """None for a browser that has sent neither cookie."""
    parts = get_container(request)
    return find_visitor(request) or parts.visitors.from_cookies(
        request.cookies, secure=parts.secure
    )
