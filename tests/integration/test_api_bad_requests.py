"""Requests that make no sense: each is answered with a problem, and nothing comes of it."""

import json

import pytest

from tests.integration.web_cast import ADMIN, a_coupon_in, by, checked_problem, in_line, stored

TOO_LARGE = 16_384 + 1
ABSURD_CODES = {
    "uppercase": "SPRING",
    "dots": "spring.sale",
    "a dash first": "-spring",
    "a space": "spring%20sale",
    "a newline": "spring%0A",
    "nothing but zero": "%00",
    "a zero inside": "spr%00ing",
    "Korean": "%EB%B4%84",
    "broken UTF-8": "%FF%FE",
    "braces": "%7Bspring%7D",
    "a star": "*",
    "41 characters": "a" * 41,
    "100 characters": "a" * 100,
    "10,000 characters": "a" * 10_000,
}
CALLS = (
    ("POST", "/api/rooms/{}/enter"),
    ("GET", "/api/rooms/{}/place"),
    ("DELETE", "/api/rooms/{}/place"),
    ("GET", "/api/rooms/{}/live"),
    ("GET", "/api/coupons/{}"),
    ("POST", "/api/coupons/{}/issue"),
    ("GET", "/api/admin/rooms/{}"),
)


@pytest.fixture
async def before(client, line, engine, redis_url, code):
    await in_line(line, engine, code)
    await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))
    return stored(redis_url, engine, code)


@pytest.mark.parametrize("absurd", ABSURD_CODES.values(), ids=ABSURD_CODES)
async def test_a_code_that_cannot_exist_is_not_looked_for(
    client, engine, redis_url, code, before, absurd
):
    for how, path in CALLS:
        headers = ADMIN if "admin" in path else by("alice")
        answer = await client.request(how, path.format(absurd), headers=headers)

        if len(absurd) > 64:
            checked_problem(answer, "bad_request", 422)
        elif "coupons" in path:
            checked_problem(answer, "no_such_coupon", 404)
        else:
            checked_problem(answer, "no_such_room", 404)
    assert stored(redis_url, engine, code) == before


async def test_dots_in_a_path_lead_nowhere(client, engine, redis_url, code, before):
    for path in ("/api/rooms/../admin/audit", "/api/rooms/%2e%2e/place", "/api/rooms//place"):
        answer = await client.get(path, headers=by("alice"))

        assert answer.status_code in (401, 403, 404)
        assert answer.headers["content-type"] == "application/problem+json"
    assert stored(redis_url, engine, code) == before


@pytest.mark.parametrize(
    ("how", "path"),
    [
        ("POST", "/api/rooms/{}/enter"),
        ("POST", "/api/coupons/{}/issue"),
        ("POST", "/api/admin/coupons"),
        ("PATCH", "/api/admin/coupons/{}"),
        ("PATCH", "/api/admin/rooms/{}"),
    ],
)
async def test_a_body_that_declares_itself_too_large_is_refused(
    client, engine, redis_url, code, before, how, path
):
    headers = (ADMIN if "admin" in path else by("bob")) | {"Content-Type": "application/json"}

    answer = await client.request(how, path.format(code), headers=headers, content=b" " * TOO_LARGE)

    assert "16,384 bytes" in checked_problem(answer, "body_too_large", 413)["detail"]
    assert stored(redis_url, engine, code) == before


async def test_a_body_that_turns_out_too_large_is_refused(client, engine, redis_url, code, before):
    async def chunks():
        yield json.dumps(a_coupon_in("chunked")).encode()
        for _ in range(20):
            yield b" " * 1_000

    headers = ADMIN | {"Content-Type": "application/json"}
    answer = await client.post("/api/admin/coupons", headers=headers, content=chunks())

    assert "16,384 bytes" in checked_problem(answer, "body_too_large", 413)["detail"]
    assert stored(redis_url, engine, code) == before


NOT_JSON = {
    "nothing": b"",
    "malformed": b'{"code": ',
    "not UTF-8": b'{"code": "\xff\xfe"}',
    "nested too deep": b"[" * 16_000,
    "a list": b"[]",
    "a word": b'"spring"',
    "null": b"null",
    "a number too long": b'{"total_count": ' + b"9" * 10_000 + b"}",
}


@pytest.mark.parametrize("content", NOT_JSON.values(), ids=NOT_JSON)
async def test_a_body_that_is_no_coupon_is_refused(
    client, engine, redis_url, code, before, content
):
    headers = ADMIN | {"Content-Type": "application/json"}

    answer = await client.post("/api/admin/coupons", headers=headers, content=content)

    checked_problem(answer, "bad_request", 422)
    assert stored(redis_url, engine, code) == before


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", None]
)
async def test_a_body_must_say_that_it_is_json(
    client, engine, redis_url, code, before, content_type
):
    headers = ADMIN | ({"Content-Type": content_type} if content_type else {})

    answer = await client.post(
        "/api/admin/coupons", headers=headers, content=json.dumps(a_coupon_in("new")).encode()
    )

    checked_problem(answer, "bad_request", 422)
    assert stored(redis_url, engine, code) == before


async def test_a_wrong_method_is_told_which_are_right(client, engine, redis_url, code, before):
    for how, path, right in (
        ("PUT", "/api/coupons", {"GET", "HEAD"}),
        ("GET", f"/api/rooms/{code}/enter", {"POST"}),
        ("POST", f"/api/rooms/{code}/place", {"GET", "HEAD", "DELETE"}),
        ("DELETE", "/api/admin/coupons", {"POST"}),
        ("POST", f"/api/admin/rooms/{code}/branding", {"GET", "HEAD", "PATCH"}),
        ("GET", f"/api/admin/rooms/{code}/logo", {"PUT", "DELETE"}),
        ("TRACE", f"/admin/coupons/{code}/edit", {"GET", "HEAD", "POST"}),
    ):
        answer = await client.request(how, path, headers=by("alice"))

        assert answer.status_code == 405, path
        if path.startswith("/api/"):
            checked_problem(answer, "method_not_allowed", 405)
        assert set(answer.headers["allow"].split(", ")) == right, path
    assert stored(redis_url, engine, code) == before


@pytest.mark.parametrize("path", ["/api/", "/api/nothing", "/api/rooms", "/api/rooms/x/y/z"])
async def test_an_unknown_path_is_a_problem_like_any_other(client, path):
    checked_problem(await client.get(path), "not_found", 404)


async def test_what_was_sent_is_never_sent_back(client):
    secret = "do-not-repeat-me"

    answer = await client.post(
        "/api/admin/coupons", headers=ADMIN, json={"code": secret, "opens_at": secret}
    )

    problem = checked_problem(answer, "bad_request", 422)
    assert secret not in answer.text
    assert {"where": "body.description", "what": "Field required"} in problem["errors"]
    assert problem["detail"].count(";") == 4
