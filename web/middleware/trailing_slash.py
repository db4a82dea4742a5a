"""Trailing slash: redirects an address that ends with a slash to the one without it.

The framework's own redirect names scheme and host, which behind a proxy are not the reader's.
"""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import RedirectResponse
from fastapi.routing import iter_route_contexts
from starlette.routing import Match


def without_slash(request: Request) -> RedirectResponse | None:
    """A redirect to the same address without its last slashes, where a route answers there.

    The Location is a path alone, so it leads to wherever the request came through.
    """
    scope = request.scope
    path: str = scope["path"].rstrip("/")
    if not path or path == scope["path"]:
        return None
    asked = {**scope, "path": path}
    routes = iter_route_contexts(request.app.routes)
    if not any(route.matches(asked)[0] is Match.FULL for route in routes):
        return None
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    # Two slashes at the beginning would be another site's address.
    location = "/" + raw.decode("latin-1").strip("/")
    if query := scope["query_string"].decode("latin-1"):
        location += f"?{query}"
    return RedirectResponse(location, 308)
