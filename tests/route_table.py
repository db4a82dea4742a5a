"""Route table: reads all routes from the application itself.

`python -m tests.route_table` prints them as JSON.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterable
from typing import NamedTuple

from starlette.routing import BaseRoute, Mount, Route

# Paths without a route, which must be counted too.
UNROUTED = ("/nowhere", "/me/")
# A file for each mount, which has no paths of its own.
MOUNTED = {"/static": "/static/app.css"}
NOT_CONNECTED = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nothing",
    "REDIS_URL": "redis://127.0.0.1:9",
}
SECRETS = ("TICKET_SECRETS", "MEMBER_TOKEN_SECRETS", "ADMIN_TOKEN")
_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


class Call(NamedTuple):
    """A method and a route's path, its parameters in braces."""

    method: str
    route: str

    @property
    def name(self) -> str:
        return f"{self.method} {self.route}"

    def path(self, **parameters: str) -> str:
        """The path of one request. Raises KeyError for a parameter that is not given."""
        return _PARAMETER.sub(lambda found: parameters[found[1]], self.route)


def calls_of(routes: Iterable[BaseRoute]) -> list[Call]:
    """The calls of these routes, and UNROUTED, sorted.

    HEAD is left out: it counts as GET. Raises KeyError for a mount that has no entry in MOUNTED.
    """
    calls = {Call("GET", path) for path in UNROUTED}
    for route in routes:
        if isinstance(route, Mount):
            calls.add(Call("GET", MOUNTED[route.path]))
        elif isinstance(route, Route):
            calls |= {Call(method, route.path) for method in (route.methods or set()) - {"HEAD"}}
        else:
            raise TypeError(f"{route!r} is neither a route nor a mount: add it here")
    return sorted(calls, key=lambda call: (call.route, call.method))


def calls_of_product() -> list[Call]:
    """The calls of a web process, in a process of its own. Raises CalledProcessError."""
    environ = {**os.environ, **NOT_CONNECTED, **{name: secrets.token_hex(32) for name in SECRETS}}
    argv = [sys.executable, "-m", "tests.route_table"]
    done = subprocess.run(argv, env=environ, check=True, capture_output=True)
    return [Call(*one) for one in json.loads(done.stdout)]


if __name__ == "__main__":
    from processes.web import make_app

    print(json.dumps(calls_of(make_app().routes)))
