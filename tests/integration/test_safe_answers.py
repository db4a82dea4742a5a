"""All there is to ask, asked: every answer has the headers that keep it safe."""

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi.routing import APIRoute

from tests.integration.web_cast import ADMIN, app_with, by, client_of, has_safe_headers, in_line
from tests.signed_in import session_of
from web.auth.cookies import cookie_name
from web.auth.sessions import SESSION_COOKIE

# What is the same for everybody, and may be kept.
FOR_ALL = re.compile(
    r"/api/coupons(/[^/]+)?|/rooms/[^/]+/(brand\.css|logo)|/api/rooms/[^/]+/draw(/record)?"
    r"|/healthz|/livez/line|/readyz|/metrics|/openapi\.json"
)


def calls(app) -> Iterator[tuple[str, str]]:
    """Each way to ask each route; streams, which never end, are left to `test_api_live`."""
    for route in routes_of(app.router.routes):
        if not route.path.endswith("/live"):
            for method in sorted(route.methods):
                yield method, route.path


def routes_of(routes) -> Iterator[APIRoute]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        else:
            yield from routes_of(getattr(getattr(route, "original_router", None), "routes", ()))


async def walk(app, code: str, credentials: str) -> list[tuple[str, str, httpx.Response]]:
    parts, found = app.state.parts, []
    asked = sorted(set(calls(app)), key=lambda call: ("signout" in call[1], call))
    assert len(asked) > 50
    for method, template in asked:
        path = template.replace("{code}", code)
        path = re.sub(r"{\w+}", "00000000-0000-4000-8000-000000000000", path)
        async with client_of(app) as client:
            if credentials == "session":
                client.cookies.set(
                    cookie_name(SESSION_COOKIE, secure=parts.secure), session_of(parts.sessions)
                )
            headers = {"token": by("alice"), "admin": ADMIN}.get(credentials, {})
            found.append((method, path, await client.request(method, path, headers=headers)))
    return found


@pytest.mark.parametrize("credentials", ["nothing", "session", "token", "admin"])
@pytest.mark.parametrize("base_url", ["http://line.example", "https://line.example"])
async def test_every_answer_is_safe(parts, line, engine, code, base_url, credentials):
    await in_line(line, engine, code)
    app = app_with(parts, base_url=base_url, demo=True)
    by_tls = base_url.startswith("https")

    for method, path, answer in await walk(app, code, credentials):
        where = (method, path, answer.status_code)
        assert answer.status_code < 500 or answer.status_code == 503, where
        has_safe_headers(answer)
        hsts = answer.headers.get("strict-transport-security")
        assert hsts == ("max-age=31536000" if by_tls else None), where
        for cookie in answer.headers.get_list("set-cookie"):
            attributes = {word.strip().lower() for word in cookie.split(";")[1:]}
            is_gone = "max-age=0" in attributes
            assert is_gone or {"httponly", "samesite=lax"} <= attributes, (where, cookie)
            assert is_gone or ("secure" in attributes) == by_tls, (where, cookie)
        if answer.status_code < 300 and not FOR_ALL.fullmatch(path):
            assert "no-store" in answer.headers.get("cache-control", ""), where


def test_the_policy_lets_nothing_in():
    from web.middleware.security import HEADERS

    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "blob:" not in policy
    assert "data:" not in policy
    assert "*" not in policy
    assert "frame-ancestors 'none'" in policy
