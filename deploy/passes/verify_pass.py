"""Lets only visitors with a pass of waitroom into your site. Asks nobody but for the public keys.

Wrap your WSGI application (Django, Flask, ...):

    application = PassRequired(application, Settings.from_environ(os.environ))

or try it by itself: `pip install "pyjwt[crypto]"`, then

    WAITROOM_URL=https://line.example.com ROOM=spring SITE_URL=http://127.0.0.1:9000 \
        python verify_pass.py

It does not learn that a visitor has finished, or that you have revoked their visit: a pass is good
until its `exp`. Behind a cache, answers to visitors must not be shared.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote_plus, urlsplit
from wsgiref.simple_server import make_server

import jwt

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

PARAMETER = "waitroom_pass"


@dataclass(frozen=True)
class Settings:
    """waitroom_url: BASE_URL of waitroom, which issues the passes. room: the room's code.

    site_url: the address of this site as browsers see it, without a path. keys_kept_s: how long to
    keep the public keys; a new key is published 10 minutes before it signs.
    """

    waitroom_url: str
    room: str
    site_url: str
    keys_kept_s: float = 300

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        return cls(
            waitroom_url=environ["WAITROOM_URL"].rstrip("/"),
            room=environ["ROOM"],
            site_url=environ["SITE_URL"].rstrip("/"),
            keys_kept_s=float(environ.get("KEYS_KEPT_S", "300")),
        )

    @property
    def is_secure(self) -> bool:
        return self.site_url.startswith("https://")

    @property
    def cookie_name(self) -> str:
        """__Host-: no other host of your domain can set it."""
        return f"{'__Host-' if self.is_secure else ''}waitroom_{self.room}"


class PublicKeys(jwt.PyJWKClient):
    """waitroom's public keys. While it can't be reached, those that were fetched last stay good."""

    _last: Any = None

    def fetch_data(self) -> Any:
        try:
            self._last = super().fetch_data()
        except (jwt.PyJWKClientError, jwt.PyJWKSetError, ValueError) as error:
            if self._last is None or self.jwk_set_cache is None:
                raise jwt.PyJWKClientConnectionError(str(error)) from error
            self.jwk_set_cache.put(self._last)
        return self._last


class PassRequired:
    """Passes on requests with a good pass; sends all others to the waiting room.

    The application finds `waitroom.member` and `waitroom.visit` in its environ.
    """

    def __init__(self, application: Application, settings: Settings) -> None:
        self._application = application
        self._settings = settings
        keys_url = f"{settings.waitroom_url}/.well-known/jwks.json"
        self._keys = PublicKeys(keys_url, lifespan=settings.keys_kept_s, timeout=5)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        query, token = _split_query(environ.get("QUERY_STRING", ""))
        can_redirect = environ["REQUEST_METHOD"] in ("GET", "HEAD")
        try:
            from_address = self._verify(token) if token else None
            claims = from_address or self._verify(self._cookie(environ))
        except jwt.PyJWKClientConnectionError:
            return _answer(start_response, "503 Service Unavailable", {"Retry-After": "5"})
        if claims is None:
            return self._to_waiting_room(environ, query, start_response)
        if token is not None and can_redirect:
            # Take the pass out of the address, which people share, into a cookie.
            headers = {"Location": self._url(environ, query)}
            if from_address:
                headers["Set-Cookie"] = self._set_cookie(token, claims)
            return _answer(start_response, "303 See Other", headers)
        environ["waitroom.member"], environ["waitroom.visit"] = claims["sub"], claims["sid"]
        return self._application(environ, start_response)

    def _verify(self, token: str) -> dict[str, Any] | None:
        """The claims of a good pass, else None. Raises PyJWKClientConnectionError."""
        try:
            key = self._keys.get_signing_key_from_jwt(token)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=["ES256", "RS256"],
                issuer=self._settings.waitroom_url,
                audience=self._settings.room,
                options={"require": ["iss", "aud", "sub", "sid", "exp"]},
            )
        except jwt.PyJWKClientConnectionError:
            raise
        except (jwt.PyJWTError, ValueError):
            return None
        return claims

    def _set_cookie(self, token: str, claims: Mapping[str, Any]) -> str:
        parts = [f"{self._settings.cookie_name}={token}", "Path=/", "HttpOnly", "SameSite=Lax"]
        parts.append(f"Max-Age={max(0, int(claims['exp'] - time.time()))}")
        return "; ".join([*parts, "Secure"] if self._settings.is_secure else parts)

    def _to_waiting_room(
        self, environ: Environ, query: str, start_response: StartResponse
    ) -> Iterable[bytes]:
        room = f"{self._settings.waitroom_url}/rooms/{quote(self._settings.room)}"
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            # A form or a script: a redirect would lose what it sends.
            return _answer(start_response, "401 Unauthorized", {"Location": room})
        wanted = quote(self._url(environ, query), safe="")
        return _answer(start_response, "303 See Other", {"Location": f"{room}?t={wanted}"})

    def _url(self, environ: Environ, query: str) -> str:
        """The requested address, on this site whatever its path begins with."""
        # As gunicorn and uWSGI give it; PATH_INFO is already decoded.
        path = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or "").partition("?")[0]
        if not path.startswith("/"):
            decoded = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
            path = quote(decoded, encoding="latin-1")
        return f"{self._settings.site_url}{path}{'?' if query else ''}{query}"

    def _cookie(self, environ: Environ) -> str:
        """By hand, as `http.cookies` stops at the first cookie that it can't read."""
        for pair in environ.get("HTTP_COOKIE", "").split(";"):
            name, _, value = pair.strip().partition("=")
            if name == self._settings.cookie_name:
                return str(value)
        return ""


def _split_query(query: str) -> tuple[str, str | None]:
    """The query without the pass, and the pass; None where there is none."""
    pairs = [(pair.partition("=")[0], pair) for pair in query.split("&") if pair]
    found = [unquote_plus(pair.partition("=")[2]) for name, pair in pairs if name == PARAMETER]
    return "&".join(pair for name, pair in pairs if name != PARAMETER), found[-1] if found else None


def _answer(
    start_response: StartResponse, status: str, headers: Mapping[str, str]
) -> Iterable[bytes]:
    own = {"Cache-Control": "no-store", "Content-Type": "text/plain"}
    start_response(status, [*own.items(), *headers.items()])
    return [f"{status}\n".encode()]


def example_site(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Cache-Control", "private, no-store"),
    ]
    start_response("200 OK", headers)
    return [f"Welcome to the shop, {environ['waitroom.member']}.\n".encode()]


if __name__ == "__main__":
    settings = Settings.from_environ(os.environ)
    port = urlsplit(settings.site_url).port or 9000
    make_server("127.0.0.1", port, PassRequired(example_site, settings)).serve_forever()
