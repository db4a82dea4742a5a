"""An address that ends with a slash leads to the one without it, whatever proxy stands before."""

import pytest

from tests.integration.web_cast import ADMIN, by, checked_problem, in_line

BEHIND_TLS = {"Host": "attacker.example", "X-Forwarded-Proto": "https"}


@pytest.mark.parametrize(
    ("method", "path", "to"),
    [
        ("GET", "/coupons/{}/", "/coupons/{}"),
        ("HEAD", "/coupons/{}//", "/coupons/{}"),
        (
            "GET",
            "/coupons/{}/?a=%2F&b=1",
            "/coupons/{}?a=%2F&b=1",
        ),
        ("GET", "/api/coupons/{}/", "/api/coupons/{}"),
        ("POST", "/api/rooms/{}/enter/", "/api/rooms/{}/enter"),
        ("GET", "//coupons/{}/", None),
        ("GET", "//attacker.example/%2e%2e/", None),
    ],
)
async def test_the_way_on_names_neither_scheme_nor_host(
    client, line, engine, code, method, path, to
):
    await in_line(line, engine, code)

    answer = await client.request(
        method, path.format(code), headers=BEHIND_TLS, follow_redirects=False
    )

    if to is None:
        assert answer.status_code == 404
        assert "location" not in answer.headers
    else:
        assert (answer.status_code, answer.headers["location"]) == (308, to.format(code))


async def test_what_is_not_there_without_the_slash_is_not_found(client):
    for path in ("/nowhere/", "/static/", "/api/rooms/"):
        assert (await client.get(path, follow_redirects=False)).status_code == 404


async def test_a_method_that_the_address_does_not_have_is_not_sent_on(client, line, engine, code):
    await in_line(line, engine, code)

    answer = await client.delete(f"/api/coupons/{code}/", headers=ADMIN | by("alice"))

    checked_problem(answer, "not_found", 404)
