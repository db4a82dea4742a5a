"""RouteFinder: finds the route of a request that is refused before routing, for its metrics."""

from __future__ import annotations

from functools import lru_cache

from fastapi import FastAPI
from starlette.routing import Match
from starlette.types import Scope

from web.middleware.access_log import UNMATCHED, Call

_KEPT_MAX = 1_024
# Longer paths are not cached, which bounds the cache in bytes.
_KEPT_LENGTH_MAX = 128


class RouteFinder:
    """Matches requests against the application's routes, as its router does."""

    def __init__(self, application: FastAPI) -> None:
        self._application = application
        self._kept = lru_cache(maxsize=_KEPT_MAX)(self._look_up)

    def find_call(self, scope: Scope) -> Call:
        """The request's call; UNMATCHED where no route matches. HEAD counts as GET."""
        path = scope["path"]
        find = self._kept if len(path) <= _KEPT_LENGTH_MAX else self._look_up
        return find("GET" if scope["method"] == "HEAD" else scope["method"], path)

    def _look_up(self, method: str, path: str) -> Call:
        scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}
        for route in self._application.routes:
            if route.matches(scope)[0] is Match.FULL:
                return Call(method, getattr(route, "path", ""))
        return UNMATCHED
