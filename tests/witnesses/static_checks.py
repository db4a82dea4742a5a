"""Static files come from the shipped proxies, as `web` would send them."""

from __future__ import annotations

import brotli
import pytest

from load.page_visit import page_links
from tests.signed_in import session_of
from tests.witnesses.fronts import Front
from web.auth.sessions import SESSION_COOKIE
from web.cache.static_files import BUNDLES, read_asset, static_address

SHOWN = ("app.css", "favicon.svg", "challenge.js", *BUNDLES)
OF_THE_SERVER = {"date", "server", "etag", "last-modified", "x-request-id", "connection"}
OF_THE_SERVER |= {"keep-alive", "via", "alt-svc", "accept-ranges"}


def plain_headers(front: Front, path: str, accepts: str) -> tuple[dict[str, str], bytes]:
    """All but those that each server sets for itself, and the body as it was sent."""
    status, headers, body = front.ask("GET", path, {"Accept-Encoding": accepts})
    assert status == 200, path
    found = {name.lower(): value for name, value in headers.items()}
    assert len(found) == len(headers), "a header is there twice"
    return {name: found[name] for name in found.keys() - OF_THE_SERVER}, body


def test_static_files_come_from_the_proxy_as_web_would_send_them(house, front):
    """The whole of the headers, the body, and all codings; then without `web`."""
    of_web = Front(house.port, house.port)
    asked = [
        (static_address(name), accepts)
        for name in SHOWN
        for accepts in ("gzip, deflate, br, zstd", "gzip, deflate", "br;q=0, gzip", "identity")
    ]
    for path, accepts in asked:
        plain = of_web.ask("GET", path, {"Accept-Encoding": accepts}, tls=False)
        headers, body = plain_headers(front, path, accepts)
        expected = {name.lower(): value for name, value in plain[1].items()}
        expected = {name: expected[name] for name in expected.keys() - OF_THE_SERVER}

        assert headers == expected, (path, accepts)
        assert headers["strict-transport-security"]
        assert body == plain[2]
    house.kill(house.processes[-1])
    assert front.ask("GET", "/healthz")[0] in (502, 503)

    for path, accepts in asked:
        assert plain_headers(front, path, accepts)[1]
    css = read_asset("app.css").body
    assert brotli.decompress(plain_headers(front, asked[0][0], "br")[1]) == css


def test_a_static_file_that_the_browser_has_is_not_sent_again(house, front):
    path = static_address("app.css")
    tags = set()
    for accepts in ("br", "gzip", "identity"):
        accept = {"Accept-Encoding": accepts}
        _, first, body = front.ask("GET", path, accept)
        again, headers, nothing = front.ask("GET", path, accept | {"If-None-Match": first["ETag"]})
        head, told, none = front.ask("HEAD", path, accept)

        assert (again, nothing, head, none) == (304, b"", 200, b"")
        assert headers["Cache-Control"] == first["Cache-Control"]
        assert headers["ETag"] == first["ETag"] == told["ETag"]
        assert told["Content-Length"] == first["Content-Length"] == str(len(body))
        tags.add(first["ETag"])
    assert len(tags) == 3


@pytest.mark.parametrize("query", ["", "?v=0123456789ab", "?v=", "?v=../static", "?w=1&v=0"])
def test_nobody_keeps_a_static_file_of_another_release(house, front, query):
    status, headers, body = front.ask("GET", f"/static/app.css{query}")

    assert (status, headers.get_all("Cache-Control")) == (200, ["no-cache"])
    assert body == read_asset("app.css").body


def test_static_files_are_read_only_and_nothing_else_is_served(house, front):
    assert front.ask("POST", static_address("app.css"), body=b"x")[0] == 405
    for path in ("/static/", "/static/nowhere.css", "/static/../web/app.py", "/static/.x?v=0"):
        assert front.ask("GET", path)[0] == 404, path


def test_what_a_page_names_is_served_by_the_proxy(house, front, code):
    """All style sheets and scripts of a ticket page, without `web`."""
    house.offer(code, total=3)
    cookie = {"Cookie": f"{SESSION_COOKIE}={session_of(house.sessions)}"}
    _, _, page = front.ask("GET", f"/coupons/{code}", cookie)
    assets = [path for path in page_links(page.decode()).assets if path.startswith("/static/")]
    house.kill(house.processes[-1])

    assert len(assets) >= 3
    assert [found for path in assets if (found := front.ask("GET", path))[0] != 200] == []
