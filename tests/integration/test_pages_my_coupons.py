"""My coupons, and using one by its form."""

from uuid import uuid4

import pytest

from issuance.issue import issue
from issuance.member_coupons import list_member_coupons
from tests.integration.cast import HOUR, now, on_offer, time_passes
from tests.integration.web_cast import Html, app_with, client_of, stored, token


@pytest.fixture
def alices(engine, code) -> str:
    """The id of a coupon that Alice holds."""
    on_offer(engine, code)
    return str(issue(engine, code, ["alice"], now()).outcomes["alice"].id)


def use(id_: object) -> str:
    return f"/me/coupons/{id_}/use"


async def my_page(client) -> Html:
    answer = await client.get("/me")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    return Html(answer)


async def test_who_holds_nothing_is_told_where_to_get_something(alice):
    assert "You have no coupons yet" in (await my_page(alice)).text


async def test_a_coupon_is_used_by_its_form_once(alice, engine, alices):
    ready = await my_page(alice)
    assert "Ready to use" in ready.text
    assert alices in ready.text

    used = await alice.post(use(alices), data=ready.forms[use(alices)])
    then = await my_page(alice)
    again = await alice.post(use(alices))

    assert (used.status_code, used.headers["location"]) == (303, "/me")
    assert "Ready to use" not in then.text
    assert use(alices) not in then.forms
    assert again.status_code == 409
    assert "This coupon has already been used." in Html(again).text
    assert list_member_coupons(engine, "alice")[0][0].status == "USED"


async def test_a_coupon_past_its_date_has_no_form_and_can_not_be_used(parts, engine, code, alices):
    time_passes(engine, 2 * HOUR)

    async with client_of(app_with(parts)) as client:
        await client.get("/signin", params={"token": token("alice")})
        page = await my_page(client)
        answer = await client.post(use(alices))

    assert "Expired" in page.text
    assert use(alices) not in page.forms
    assert answer.status_code == 410
    assert "can’t be used any more" in Html(answer).text


async def test_somebody_elses_coupon_is_neither_shown_nor_used(
    client, engine, redis_url, code, alices
):
    await client.get("/signin", params={"token": token("bob")})
    before = stored(redis_url, engine, code)

    page = await my_page(client)
    bobs = await client.post(use(alices))
    nobodys = await client.post(use(uuid4()))

    assert alices not in page.text
    assert bobs.status_code == nobodys.status_code == 404
    without_id = [
        Html(answer).text.replace(answer.headers["x-request-id"], "") for answer in (bobs, nobodys)
    ]
    assert without_id[0] == without_id[1]
    assert stored(redis_url, engine, code) == before


async def test_who_is_signed_out_signs_in_first(client, engine, redis_url, code, alices):
    before = stored(redis_url, engine, code)

    shown = await client.get("/me")
    used = await client.post(use(alices))

    assert shown.status_code == used.status_code == 303
    assert shown.headers["location"] == used.headers["location"] == "/signin?next=/me"
    assert stored(redis_url, engine, code) == before
