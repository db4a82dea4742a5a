"""Errors as people read them: every page's problem is a page, and nothing comes of bad requests."""

import pytest

from tests.integration.cast import on_offer
from tests.integration.test_api_bad_requests import ABSURD_CODES
from tests.integration.test_api_sessions import CROSS_SITE
from tests.integration.web_cast import Html, in_line, stored, token

FORMS = ("/rooms/{}/enter", "/rooms/{}/leave", "/coupons/{}/issue")


@pytest.fixture
async def before(alice, line, engine, redis_url, code):
    await in_line(line, engine, code)
    on_offer(engine, f"{code}-d", issuing="pessimistic")
    await alice.post(f"/rooms/{code}/enter")
    return stored(redis_url, engine, code, f"{code}-d")


@pytest.mark.parametrize("absurd", ABSURD_CODES.values(), ids=ABSURD_CODES)
async def test_a_code_that_cannot_exist_has_no_page(alice, engine, redis_url, code, before, absurd):
    answers = [
        await alice.get(path.format(absurd))
        for path in ("/coupons/{}", "/rooms/{}", "/rooms/{}/place")
    ]
    answers += [await alice.post(path.format(absurd)) for path in FORMS]

    for answer in answers:
        assert answer.status_code == (422 if len(absurd) > 64 else 404)
        page = Html(answer)
        assert page.title.startswith(("No such", "Bad request"))
        assert f"Error {answer.status_code}" in page.text
    assert stored(redis_url, engine, code, f"{code}-d") == before


async def test_another_sites_form_changes_nothing(alice, engine, redis_url, code, before):
    for headers in CROSS_SITE:
        for path in (
            f"/rooms/{code}/enter",
            f"/rooms/{code}/leave",
            f"/coupons/{code}-d/issue",
            "/me/coupons/6f0e1d5a-0000-4000-8000-000000000000/use",
        ):
            answer = await alice.post(path, headers=headers)

            assert answer.status_code == 403, headers
            assert "another site" in Html(answer).text
    assert stored(redis_url, engine, code, f"{code}-d") == before


@pytest.mark.parametrize("path", ["/nothing", "/rooms", "/coupons/", "/api", "/static/nothing"])
async def test_an_unknown_address_is_a_page_that_says_so(client, path):
    answer = await client.get(path, follow_redirects=True)

    assert answer.status_code == 404
    assert "There is nothing at this address." in Html(answer).text


async def test_a_wrong_method_is_a_page_too(client, code):
    for how, path, right in (
        ("PUT", "/", "GET, HEAD"),
        ("PUT", f"/rooms/{code}/enter", "POST"),
        ("DELETE", "/signout", "POST"),
    ):
        answer = await client.request(how, path)

        assert (answer.status_code, answer.headers["allow"]) == (405, right)
        assert "Method not allowed" in Html(answer).title


async def test_a_forms_address_that_is_opened_again_leads_to_its_page(client, code):
    for path, to in (
        (f"/rooms/{code}/enter", f"/rooms/{code}"),
        (f"/rooms/{code}/leave", f"/rooms/{code}"),
        (f"/coupons/{code}/issue", f"/coupons/{code}"),
        ("/me/coupons/6f0e1d5a-0000-4000-8000-00000000c001/use", "/me"),
        ("/signout", "/"),
        ("/hand-over", "/"),
    ):
        answer = await client.get(path)

        assert (answer.status_code, answer.headers["location"]) == (303, to), path


async def test_a_form_too_large_is_refused(alice, engine, redis_url, code, before):
    big = {"name": "x" * 17_000}

    async def chunks():
        for _ in range(20):
            yield b"name=" + b"x" * 1_000

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answers = [
        await alice.post("/signin", data=big),
        await alice.post("/signin", content=chunks(), headers=form),
        await alice.post(f"/rooms/{code}/leave", data=big),
    ]

    for answer in answers:
        assert answer.status_code == 413
        assert "16,384 bytes" in Html(answer).text
    assert stored(redis_url, engine, code, f"{code}-d") == before


async def test_a_form_of_another_kind_signs_nobody_in(client):
    for sent in (
        {"files": {"name": ("name.txt", b"alice")}},
        {"content": b"\xff\xfe", "headers": {"Content-Type": "multipart/form-data"}},
        {"data": {"name": "x" * 300}},
        {"params": {"name": "alice"}},
    ):
        answer = await client.post("/signin", **sent)

        assert answer.status_code in (404, 422)
        Html(answer)
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("id_", ["1", "x", "%00", "x" * 300])
async def test_a_malformed_coupon_number_is_a_page(alice, id_):
    answer = await alice.post(f"/me/coupons/{id_}/use")

    assert answer.status_code == 422
    assert "Bad request" in Html(answer).title


@pytest.mark.parametrize("cookie", ["garbage", "x" * 6_000, "\x00", token("alice")])
async def test_a_stale_session_is_asked_to_sign_in_again(client, code, cookie):
    answer = await client.get(f"/rooms/{code}", headers={"Cookie": f"session={cookie}".encode()})

    assert answer.status_code == 303
    assert answer.headers["location"] == f"/signin?next=/rooms/{code}"


async def test_what_is_sent_is_shown_as_text(client):
    for path in ("/signin?token=<script>x</script>", "/<script>x</script>", "/signin?next=/<b>"):
        answer = await client.get(path)

        Html(answer)
        assert "<script>x" not in answer.text
        assert "<b>" not in answer.text
