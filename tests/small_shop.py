"""SmallShop: somebody's shop on the loopback, which signs members in and takes their coupons."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlsplit

from processes.child_process import free_port
from web.auth.member_tokens import MemberTokens


class SmallShop:
    """A sign-in form at `/login`, and a checkout that shows the coupon it was given.

    identity: signs the shop's tokens. coupons: those that browsers brought to the checkout.
    """

    def __init__(self, line_url: str = "") -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.signin_url = f"{self.url}/login?return_to={{next}}"
        self.line_url = line_url
        self.identity: MemberTokens | None = None
        self.coupons: list[str] = []
        self.asked: list[str] = []

    def page(self, path: str, query: dict[str, list[str]]) -> str:
        self.asked.append(path)
        if path == "/login":
            back = escape(query["return_to"][0])
            return (
                '<form method="post" action="/login"><label>Shop name <input name="name"></label>'
                f'<input type="hidden" name="return_to" value="{back}">'
                "<button>Enter the shop</button></form>"
            )
        if path == "/checkout":
            self.coupons += query.get("coupon", [])
            return f"<h1>Checkout</h1><p id=code>{escape(''.join(query.get('coupon', [])))}</p>"
        return "<h1>The shop</h1>"

    def signed_in(self, form: dict[str, list[str]]) -> str:
        """The address to return to, with the member's token."""
        back = form["return_to"][0]
        assert back.startswith(f"{self.line_url}/"), "an open redirect"
        assert self.identity is not None
        return f"{back}&token={quote(self.identity.sign(form['name'][0]))}"


@contextmanager
def open_shop() -> Iterator[SmallShop]:
    shop = SmallShop()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            body = f"<!doctype html><title>Shop</title>{shop.page(url.path, parse_qs(url.query))}"
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body.encode())

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(302)
            self.send_header("Location", shop.signed_in(form))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", shop.port), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
