"""Static files: compressed once and served from memory.

A URL with the content's digest (`?v=`) may be cached for ever.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from urllib.parse import parse_qsl

import brotli
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from web.cache.compressed import accepts_encoding

FOLDER = files("web") / "static"
FOR_EVER = "public, max-age=31536000, immutable"
# New names by old ones, for one more release: pages of the previous release request old names
# during a rolling upgrade, and a shop's templates may contain them.
RENAMED = {
    "line.js": "place_updates.js",
    "turn.js": "notifications.js",
    "turn_worker.js": "notification_worker.js",
}
# Files that a page loads in one request. A bundle has the URL of its first file: during a rolling
# upgrade a process of the previous release may get the request, and answers that file only. So the
# first must be one that works without the others.
BUNDLES = {
    "waiting.js": (
        "vendor/htmx-2.0.11.min.js",
        "app.js",
        "place_updates.js",
        "notifications.js",
        "place_motion.js",
    ),
    "app.css": ("app.css", "place.css"),
    "altcha.js": ("vendor/altcha-3.2.2.external.min.js", "vendor/altcha-3.2.2.ko.js"),
}
# Fixed, as `mimetypes` depends on the machine's configuration.
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
_PLAIN_TEXT = "text/plain; charset=utf-8"
# The smallest result first.
CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda body: bytes(brotli.compress(body, quality=11)),
    "gzip": lambda body: gzip.compress(body, compresslevel=9, mtime=0),
}
_bodies: dict[tuple[str, str], bytes] = {}


def current_path(path: str) -> str:
    return RENAMED.get(path, path)


@dataclass(frozen=True, slots=True)
class StaticFile:
    """version: the beginning of the SHA-256 of `body`."""

    body: bytes
    media_type: str
    version: str

    @classmethod
    def from_body(cls, body: bytes, name: str) -> StaticFile:
        suffix = name[name.rindex(".") :] if "." in name else ""
        version = hashlib.sha256(body).hexdigest()[:12]
        return cls(body, _MEDIA_TYPES.get(suffix, _PLAIN_TEXT), version)


@cache
def read_file(path: str) -> StaticFile:
    """One that is there, by its path below `static`."""
    return StaticFile.from_body((FOLDER / path).read_bytes(), path)


@cache
def read_bundle(name: str) -> StaticFile:
    """Each script is a block of its own, so that no name of one hides one of another."""
    bodies = [read_file(path).body for path in BUNDLES[name]]
    if name.endswith(".css"):
        return StaticFile.from_body(b"\n".join(bodies), name)
    return StaticFile.from_body(b"".join(b"{" + body + b"\n}\n" for body in bodies), name)


def read_asset(name: str) -> StaticFile:
    """A file or a bundle. Raises OSError."""
    return read_bundle(name) if name in BUNDLES else read_file(current_path(name))


def file_version(name: str) -> str:
    """The beginning of the SHA-256 of a file or a bundle. Raises OSError."""
    return read_asset(name).version


def static_address(name: str) -> str:
    """The address of a file or a bundle; it changes with the content. Raises OSError."""
    version = file_version(name)
    if name in BUNDLES:
        return f"/static/{BUNDLES[name][0]}?v={version}&bundle={name}"
    return f"/static/{current_path(name)}?v={version}"


class VersionedFiles(StaticFiles):
    """Answers in full: a part of so small a file (`Range`) is not worth asking for."""

    def __init__(self) -> None:
        super().__init__(directory=str(FOLDER))

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file; to be kept for ever only under the version that it really has.

        In a rolling deploy pages of another release ask for another version: what they get here is
        not what they mean, and nobody may keep it. Raises HTTPException.
        """
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        query = scope["query_string"].decode("latin-1")
        name = asset_name(path, query)
        file = read_asset(name)
        headers = Headers(scope=scope)
        coding, body = await _negotiate(file, headers.get("accept-encoding", ""))
        # Strong, so each coding has its own (RFC 9110, 8.8.3.3).
        tag = f'"{file.version}-{coding}"' if coding else f'"{file.version}"'
        is_its_own = static_address(name).endswith(f"?{query}")
        said = {
            "Cache-Control": FOR_EVER if is_its_own else "no-cache",
            "ETag": tag,
            "Vary": "Accept-Encoding",
        }
        if _matches(headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=said)
        said |= {"Content-Type": file.media_type, "Accept-Ranges": "none"}
        if coding:
            said["Content-Encoding"] = coding
        return Response(body, headers=said)


@cache
def list_files() -> frozenset[str]:
    """The paths of all files, read once, as their contents are."""
    return frozenset(_paths_below(FOLDER))


def _paths_below(folder: Traversable, before: str = "") -> Iterator[str]:
    for one in folder.iterdir():
        if one.is_dir():
            yield from _paths_below(one, f"{before}{one.name}/")
        else:
            yield before + one.name


def asset_name(path: str, query: str) -> str:
    """The bundle that is asked for by the address of its first file, else the file.

    Raises HTTPException.
    """
    path = current_path(path)
    if path not in list_files():
        raise HTTPException(404)
    bundle = dict(parse_qsl(query)).get("bundle", "")
    return bundle if BUNDLES.get(bundle, ("",))[0] == path else path


async def _negotiate(file: StaticFile, accept_encoding: str) -> tuple[str, bytes]:
    """The coding, empty for none, and the body in it."""
    for coding in CODINGS:
        if accepts_encoding(accept_encoding, coding):
            return coding, await _encoded(file, coding)
    return "", file.body


async def _encoded(file: StaticFile, coding: str) -> bytes:
    """At its best a coding takes up to a tenth of a second: once, and not on the event loop."""
    key = (file.version, coding)
    if key not in _bodies:
        _bodies[key] = await asyncio.to_thread(CODINGS[coding], file.body)
    return _bodies[key]


def _matches(if_none_match: str, tag: str) -> bool:
    """RFC 9110, 13.1.2: a proxy may have made it a weak one."""
    tags = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return tag in tags or "*" in tags
