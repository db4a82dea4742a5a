"""What any cache may keep is the same for everybody, on every route."""

import re

import pytest

from tests.integration.test_pages_coupons import sign_in
from tests.integration.web_cast import ADMIN, cookies_set, in_line, token
from tests.route_table import MOUNTED, calls_of
from web.app import ROUTES

PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
PUBLIC = "public, max-age=0, s-maxage=1, stale-while-revalidate=1"
# The moment of an answer, in the countdown and in the API's data.
TIMES = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[0-9.]*(?:\+00:00|Z)")
CREDENTIALS = (
    {"Authorization": f"Bearer {token('alice')}"},
    ADMIN,
    {"Cookie": "member_session=x"},
    {"Cookie": "__Host-member_session=x"},
    {"Cookie": "session=x"},
    {"Cookie": "admin_session=x"},
    {"Cookie": "__Host-ticket-spring=x"},
)
READERS = (
    {"Accept-Language": "ko", "Cookie": "lang=en; _ga=1"},
    {"Accept-Language": "en", "Cookie": "lang=ko; _ga=2"},
)


def _is_kept_by_caches(answer) -> bool:
    rules = answer.headers.get("cache-control", "")
    return answer.status_code < 400 and "no-store" not in rules and "private" not in rules


def _paths(code: str) -> list[str]:
    """Every GET route but streams, which do not end."""
    found = [call.route for call in calls_of(ROUTES) if call.method == "GET"]
    plain = [PARAMETER.sub(code, path) for path in found if not path.endswith("/live")]
    return [*plain, *MOUNTED.values()]


async def test_a_signed_out_page_is_public_in_the_language_of_its_address(
    client, line, engine, code
):
    await in_line(line, engine, code)
    for path in ("/", f"/coupons/{code}"):
        plain = await client.get(path)
        answer = await client.get(f"{path}?lang=ko", headers={"Accept-Language": "en"})

        assert plain.headers["cache-control"] == "no-store"
        assert answer.headers["cache-control"] == PUBLIC
        assert answer.headers["vary"] == "Accept-Encoding"
        assert '<html lang="ko">' in answer.text
        assert 'href="/signin?lang=ko"' in answer.text
        assert f'href="{path}?lang=en&amp;remember=1"' in answer.text


async def test_what_caches_keep_is_the_same_for_two_people_on_every_route(
    client, line, engine, code
):
    await in_line(line, engine, code)
    kept = []
    for path in _paths(code):
        one, other = [await client.get(f"{path}?lang=ko", headers=who) for who in READERS]
        if not _is_kept_by_caches(one):
            continue
        kept.append(path)
        assert one.headers.get("vary", "Accept-Encoding") == "Accept-Encoding", path
        assert "set-cookie" not in one.headers, path
        assert TIMES.sub(b"", one.content) == TIMES.sub(b"", other.content), path

    assert {"/", f"/coupons/{code}", f"/api/coupons/{code}", "/static/app.css"} <= set(kept)


@pytest.mark.parametrize("credentials", CREDENTIALS, ids=range(len(CREDENTIALS)))
async def test_a_page_for_a_request_with_credentials_is_not_kept(
    client, line, engine, code, credentials
):
    await in_line(line, engine, code)
    pages = [path for path in _paths(code) if not path.startswith(("/api", "/static"))]
    for path in pages:
        answer = await client.get(f"{path}?lang=ko", headers=credentials)

        is_page = answer.headers.get("content-type", "").startswith("text/html")
        assert not (is_page and _is_kept_by_caches(answer)), path


async def test_a_member_never_gets_a_public_page(client, line, engine, code):
    await in_line(line, engine, code)
    await sign_in(client)
    await client.post(f"/rooms/{code}/enter")
    assert f"ticket-{code}" in client.cookies
    for path in _paths(code):
        answer = await client.get(f"{path}?lang=ko")

        is_page = answer.headers.get("content-type", "").startswith("text/html")
        assert not is_page or answer.headers["cache-control"] == "no-store", path


async def test_the_button_of_a_public_page_keeps_its_language(client, line, engine, code):
    await in_line(line, engine, code)
    shown = await client.get(f"/coupons/{code}?lang=ko")
    form = re.search(r'<form method="post" action="([^"]+)"', shown.text)[1]

    sent = await client.post(form)
    signin = await client.get(sent.headers["location"], headers={"Accept-Language": "en"})

    assert sent.headers["location"].endswith("&lang=ko")
    assert signin.headers["content-language"] == "ko"
    assert cookies_set(signin)["lang"].startswith("ko;")
