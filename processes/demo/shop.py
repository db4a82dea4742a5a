"""The demo's shop: a tiny site behind the line. It needs the standard library only.

`python -m processes.demo.shop PORT LINE ROOM [--asks]` serves it on 127.0.0.1. Caddy, where it is
in front, asks the line about each request; with `--asks` the shop asks itself, as any program can.
"""

from __future__ import annotations

import http.client
import sys
from html import escape
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

WITHIN_S = 5.0
BODY_MAX = 16_384
# What the line's answer may tell the browser.
_PASSED_ON = ("location", "set-cookie")
_ITEMS = {"tea": "Green tea", "pot": "Tea pot", "cup": "Tea cup"}
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 30rem; margin: auto; padding: 1rem }}
button {{ font: inherit; padding: .5rem 1rem }}</style></head>
<body><main><h1>{title}</h1>{body}</main></body></html>"""


class Shop(BaseHTTPRequestHandler):
    """line: the line's address. room: the code of its room for this shop."""

    line = ""
    room = ""
    asks = False
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if not self._may_go_in():
            return
        path = urlsplit(self.path).path
        item = _ITEMS.get(path.removeprefix("/items/"))
        if path == "/":
            links = "".join(
                f'<li><a href="/items/{name}">{title}</a></li>' for name, title in _ITEMS.items()
            )
            self._page("Tea shop", f"<ul>{links}</ul>")
        elif path.startswith("/items/") and item:
            asked = escape(self.path)
            self._page(
                item,
                f"<p>You are at <code>{asked}</code>.</p>"
                f'<form method="post" action="/buy"><button>Buy {item.lower()}</button></form>',
            )
        else:
            self._page("Not found", '<p><a href="/">All items</a></p>', 404)

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        self.rfile.read(min(length, BODY_MAX))
        if not self._may_go_in():
            return
        if urlsplit(self.path).path != "/buy":
            self._page("Not found", "", 404)
            return
        self._finish()
        self._page(
            "Thank you", "<p>You have bought it. Your place is free for the next visitor.</p>"
        )

    def _may_go_in(self) -> bool:
        """Whether the line lets this request in; its answer is passed on where it does not."""
        if not self.asks:
            return True
        status, headers = self._ask(
            self.command,
            f"/check/{self.room}",
            {
                "Cookie": self.headers.get("cookie", ""),
                "X-Forwarded-Proto": "http",
                "X-Forwarded-Host": self.headers.get("host", ""),
                "X-Forwarded-Uri": self.path,
            },
        )
        if status == 200:
            return True
        self.send_response(status)
        for name, value in headers:
            if name.lower() in _PASSED_ON:
                self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()
        return False

    def _finish(self) -> None:
        """Tell the line that this visit is over, by the pass in the shop's own cookie."""
        cookie = SimpleCookie(self.headers.get("cookie", ""))
        kept = cookie.get(f"waitroom_{self.room}")
        if kept is not None:
            self._ask("POST", "/api/passes/finish", {"Authorization": f"Bearer {kept.value}"})

    def _ask(
        self, method: str, path: str, headers: dict[str, str]
    ) -> tuple[int, list[tuple[str, str]]]:
        """The line's status and headers; 503 where it does not answer."""
        connection = http.client.HTTPConnection(urlsplit(self.line).netloc, timeout=WITHIN_S)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders()
        except OSError:
            return 503, []
        finally:
            connection.close()

    def _page(self, title: str, body: str, status: int = 200) -> None:
        page = _PAGE.format(title=title, body=body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """No log: an address may hold a pass."""


def main(port: int, line: str, room: str, *, asks: bool) -> None:
    handler = type("DemoShop", (Shop,), {"line": line, "room": room, "asks": asks})
    ThreadingHTTPServer(("127.0.0.1", port), handler).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], asks="--asks" in sys.argv[4:])
