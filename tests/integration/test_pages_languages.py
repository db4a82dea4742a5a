"""Pages speak the reader's language, let it be switched, and say which one it is."""

import pytest

from tests.integration.test_pages_coupons import sign_in
from tests.integration.web_cast import Html, app_with, client_of, cookies_set, in_line, token

KOREAN = {"Accept-Language": "ko-KR,ko;q=0.9,en;q=0.8"}


async def test_a_page_is_in_the_language_that_the_browser_asks_for(client):
    for headers, code, words in (
        (KOREAN, "ko", "지금은 쿠폰이 없어요"),
        ({}, "en", "There are no coupons"),
    ):
        answer = await client.get("/", headers=headers)

        assert words in Html(answer).text
        assert f'<html lang="{code}">' in answer.text
        assert answer.headers["content-language"] == code
        assert answer.headers["vary"] == "Accept-Language, Cookie, Accept-Encoding"
        assert "set-cookie" not in answer.headers


async def test_a_switch_is_remembered_before_what_the_browser_asks_for(client):
    switched = await client.get("/?lang=ko&remember=1")
    then = await client.get("/")
    back = await client.get("/?lang=en&remember=1", headers=KOREAN)
    unknown = await client.get("/?lang=xx", headers={**KOREAN, "Cookie": "lang=yy"})

    assert [one.headers["content-language"] for one in (switched, then, back, unknown)] == [
        "ko", "ko", "en", "ko",
    ]  # fmt: skip
    kept = set(cookies_set(switched)["lang"].split("; "))
    assert {"ko", "Path=/", "HttpOnly", "SameSite=lax", "Max-Age=31536000"} <= kept
    assert "lang" not in cookies_set(unknown)


@pytest.mark.parametrize(
    ("path", "same"),
    [
        ("/", "/?lang=ko&amp;remember=1"),
        ("/signin?next=/rooms/a%26b&token=", "/signin?next=%2Frooms%2Fa%26b&amp;lang=ko"),
        ("//evil.example", "/evil.example?lang=ko"),
    ],
)
async def test_the_switch_stays_on_the_page(parts, path, same):
    async with client_of(app_with(parts, demo=True)) as client:
        answer = await client.get(f"http://test{path}")

    assert f'href="{same}"' in answer.text


async def test_after_a_form_the_switch_leads_to_the_page_that_it_stands_on(
    client, line, engine, code
):
    await in_line(line, engine, code)
    await sign_in(client)
    for form, page in (
        (f"/rooms/{code}-no/enter", f"/rooms/{code}-no"),
        (f"/coupons/{code}/issue", f"/coupons/{code}"),
        ("/me/coupons/6f0e1d5a-0000-4000-8000-000000000000/use", "/me"),
    ):
        answer = await client.post(form)

        assert answer.status_code >= 400
        assert f'href="{page}?lang=ko"' in answer.text


async def test_a_shop_hands_a_member_over_in_their_language(client):
    handed = await client.get("/signin", params={"token": token("alice"), "lang": "ko"})

    sent = await client.get("/rooms/spring?lang=ko", headers={"Cookie": ""})

    for answer in (handed, sent):
        assert answer.status_code == 303
        assert cookies_set(answer)["lang"].startswith("ko;")


async def test_refusals_and_problems_are_told_in_the_readers_language(client, line, engine, code):
    await in_line(line, engine, code, total=1)
    await sign_in(client)
    await client.patch(
        f"/api/admin/rooms/{code}",
        headers={"Authorization": "Bearer an-admin-sends-this-token-with-each-call"},
        json={"state": "closed"},
    )

    refused = await client.post(f"/rooms/{code}/enter", headers=KOREAN)
    missing = await client.get("/coupons/nothing", headers=KOREAN)
    # This one has a value in it, and so a sentence of its kind.
    large = await client.post("/signin", data={"name": "x" * 17_000}, headers=KOREAN)
    api = await client.get("/api/coupons/nothing", headers=KOREAN)

    assert "쿠폰 발급이 끝나" in Html(refused).text
    assert "전체 쿠폰에서 다시 찾아 주세요." in Html(missing).text
    assert "보낸 내용의 크기를 줄여 다시 시도해 주세요." in Html(large).text
    assert api.json()["title"] == "No such coupon"
    assert "content-language" not in api.headers
