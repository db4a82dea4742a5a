"""Static files: compressed ahead, and kept for ever under the digest that they really have."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator

import brotli
import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from web.cache.static_files import BUNDLES, FOR_EVER, VersionedFiles, read_asset, static_address
from web.middleware.compression import CompressedResponses
from web.middleware.security import HeadAsGet

APP = Starlette(
    routes=[Mount("/static", VersionedFiles())],
    middleware=[Middleware(HeadAsGet), Middleware(CompressedResponses, minimum_size=1)],
)
PLAIN = {"Accept-Encoding": "identity"}
CSS = static_address("app.css")
DECODED = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=APP), base_url="http://test", headers=PLAIN
    ) as made:
        yield made


async def sent_as(client: httpx.AsyncClient, address: str, accepts: str) -> tuple[str, bytes]:
    """The coding, and the body as it was sent."""
    headers = {"Accept-Encoding": accepts}
    async with client.stream("GET", address, headers=headers) as answer:
        body = b"".join([part async for part in answer.aiter_raw()])
    assert answer.status_code == 200
    assert answer.headers["content-length"] == str(len(body))
    assert answer.headers["vary"] == "Accept-Encoding"
    return answer.headers.get("content-encoding", ""), body


@pytest.mark.parametrize(
    ("accepts", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("gzip;q=0", ""),
        ("identity", ""),
        ("", ""),
    ],
)
async def test_a_file_is_sent_in_the_smallest_coding_that_is_accepted(client, accepts, coding):
    sent, body = await sent_as(client, CSS, accepts)

    assert sent == coding
    assert DECODED[coding](body) == read_asset("app.css").body
    assert coding == "" or len(body) < len(read_asset("app.css").body) / 3


async def test_each_coding_has_a_tag_of_its_own_and_whoever_has_it_gets_no_body(client):
    tags = set()
    for accepts in ("br", "gzip", "identity"):
        headers = {"Accept-Encoding": accepts}
        first = await client.get(CSS, headers=headers)
        tag = first.headers["etag"]
        tags.add(tag)

        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = await client.get(CSS, headers=headers | {"If-None-Match": known})
            assert (again.status_code, again.content) == (304, b"")
            for name in ("etag", "cache-control", "vary"):
                assert again.headers[name] == first.headers[name]
        other = await client.get(CSS, headers=headers | {"If-None-Match": '"other"'})
        assert other.status_code == 200
    assert len(tags) == 3


async def test_only_an_address_with_the_files_own_digest_may_be_kept_for_ever(client):
    path, _, version = CSS.partition("?")

    own = await client.get(CSS)
    others = [path, f"{path}?v=0123456789ab", f"{path}?{version}&more=1", f"{path}?", f"{path}?v="]

    assert own.headers["cache-control"] == FOR_EVER
    for other in others:
        answer = await client.get(other)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
        assert answer.content == own.content


async def test_head_says_what_get_says(client):
    for accepts in ("br", "identity"):
        headers = {"Accept-Encoding": accepts}
        got = await client.get(CSS, headers=headers)
        head = await client.head(CSS, headers=headers)

        assert (head.status_code, head.headers) == (200, got.headers)


async def test_a_part_of_a_file_is_answered_with_all_of_it(client):
    answer = await client.get(CSS, headers={"Range": "bytes=0-9"})

    assert (answer.status_code, answer.headers["accept-ranges"]) == (200, "none")
    assert answer.content == read_asset("app.css").body


@pytest.mark.parametrize(
    "path",
    ["nowhere.css", "", "vendor", "../app.py", "%2e%2e/app.py", "waiting.js", "x" * 300],
)
async def test_what_is_no_file_is_not_found(client, path):
    assert (await client.get(f"/static/{path}")).status_code == 404


async def test_files_are_read_only(client):
    answer = await client.post(CSS)

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("name", BUNDLES)
async def test_a_bundle_is_all_of_its_files_in_one(client, name):
    answer = await client.get(static_address(name))

    assert answer.headers["cache-control"] == FOR_EVER
    at = [answer.content.index(read_asset(path).body) for path in BUNDLES[name]]
    assert at == sorted(at)
    assert answer.headers["content-type"] == read_asset(BUNDLES[name][0]).media_type


@pytest.mark.parametrize("name", BUNDLES)
async def test_a_bundle_of_another_release_is_not_kept(client, name):
    path, _, _ = static_address(name).partition("?")

    answer = await client.get(f"{path}?v=0123456789ab&bundle={name}")
    unknown = await client.get(f"{path}?v=0123456789ab&bundle=unknown.js")

    assert answer.headers["cache-control"] == unknown.headers["cache-control"] == "no-cache"
    assert answer.content == read_asset(name).body
    # As a process answers that knows no such bundle: with the file that does without the others.
    assert unknown.content == read_asset(BUNDLES[name][0]).body
