"""The steps of a coupon's form: the forecast, and the folded advanced part."""

import re

import pytest

from domain.room_settings import RoomSettings
from issuance.offers import get_offer
from tests.integration.coupon_form_cast import NEW, a_form
from tests.integration.web_cast import Html, in_line, stored

pytestmark = pytest.mark.usefixtures("unknown_address")


async def test_a_form_forecasts_the_sale_without_saving_it(operator, redis_url, engine, code):
    before = stored(redis_url, engine, code)
    form = a_form(code, total_count="1000", rate_per_s="100", size_max="20000", people="10000")

    answer = await operator.post(NEW, data=form | {"forecast": "1"})
    live = await operator.get(
        "/admin/forecast?total_count=1000&rate_per_s=100&size_max=20000&people=10000"
    )

    words = "1,000 coupons for about 10,000 people at 100/s: gone in 10 s, longest wait 10 s."
    for page in (answer, live):
        assert page.status_code == 200
        assert words in page.text
    fields = Html(answer).forms[NEW]
    assert (fields["code"], fields["people"]) == (code, "10000")
    assert stored(redis_url, engine, code) == before


async def test_a_form_of_a_room_forecasts_with_what_was_typed(operator, line, engine, code):
    await in_line(line, engine, code, 10)
    address = f"/admin/coupons/{code}/edit"
    fields = Html(await operator.get(address)).forms[address]

    answer = await operator.post(
        address, data=fields | {"total_count": "500", "people": "800", "forecast": "1"}
    )

    assert "500 coupons for about 800 people" in answer.text
    assert get_offer(engine, code).coupon.inventory.total_count == 10


async def test_the_advanced_part_names_what_differs_from_a_new_room(operator, line, engine, code):
    await in_line(line, engine, code, room=RoomSettings(burst=500, grace_s=90))

    page = await operator.get(f"/admin/coupons/{code}/edit")

    [folded] = re.findall(r"<details[^>]*>.*?</summary>", page.text, re.DOTALL)
    assert "Burst: 500 · Skip a silent member after: 90 s" in folded
    assert " open" not in folded.partition(">")[0]


async def test_the_advanced_part_is_open_if_one_of_its_fields_is_wrong(operator, code):
    answer = await operator.post(NEW, data=a_form(code, burst="0"))

    assert '<details class="advanced" open>' in answer.text
