"""Static files: an address that names the content by its digest (`?v=`) may be kept for ever."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = files("web") / "static"
FOR_EVER = "public, max-age=31536000, immutable"
# The name that a file has now, by the one that the release before gave it: pages of that release
# ask for it in a rolling deploy, and a shop's templates may name it. For one more release.
RENAMED = {
    "line.js": "place_updates.js",
    "turn.js": "notifications.js",
    "turn_worker.js": "notification_worker.js",
}


def current_path(path: str) -> str:
    return RENAMED.get(path, path)


@cache
def file_version(path: str) -> str:
    """The beginning of the SHA-256 of a file that is there, by its path below `static`."""
    return hashlib.sha256((FOLDER / path).read_bytes()).hexdigest()[:12]


class VersionedFiles(StaticFiles):
    def __init__(self) -> None:
        super().__init__(directory=str(FOLDER))

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file; to be kept for ever only under the version that it really has.

        In a rolling deploy pages of another release ask for another version: what they get here is
        not what they mean, and nobody may keep it.
        """
        path = current_path(path)
        response = await super().get_response(path, scope)
        is_its_own = scope["query_string"] == f"v={file_version(path)}".encode()
        response.headers["Cache-Control"] = FOR_EVER if is_its_own else "no-cache"
        return response
