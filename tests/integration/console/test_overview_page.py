"""The overview of all rooms, and two sales compared."""

import re
from datetime import timedelta

import pytest

from issuance.history.minutes import Minute, save_minutes
from issuance.tables import MINUTE_COUNTS
from tests.integration.cast import HOUR, now
from tests.integration.web_cast import ADMIN, Html, in_line, serve

OVERVIEW = "/admin/overview"


async def asked(client, path, **query):
    return await client.get(path, params=query, headers=ADMIN)


async def test_it_shows_each_room_that_matches_with_its_figures(client, line, engine, code):
    await in_line(line, engine, code, 10)
    for n in range(3):
        await line.enter(code, f"member-{n}")

    page = await asked(client, OVERVIEW, q=code)
    rows = await asked(client, f"{OVERVIEW}/rows", q=code, show="live")
    nothing = await asked(client, OVERVIEW, q=code, show="over")

    for answer in (page, rows):
        assert answer.text.count("data-room=") == 1
        text = " ".join(Html(answer).text.split())
        assert f"Spring sale {code}" in text
        assert "10 of 10 left" in text
        assert re.search(r'data-label="Waiting">3<', answer.text)
    assert "No room matches." in nothing.text


async def test_an_archived_room_is_in_the_archive_only(client, line, engine, code):
    await in_line(line, engine, code, 10, opens_at=now() - 2 * HOUR, expire_date=now() - HOUR)
    shown = await asked(client, OVERVIEW, q=code)
    archived = await client.post(f"/api/admin/rooms/{code}/archive", headers=ADMIN)

    hidden = await asked(client, OVERVIEW, q=code)
    kept = await asked(client, OVERVIEW, q=code, show="archive")

    assert archived.status_code < 300, archived.text
    assert [one.text.count("data-room=") for one in (shown, hidden, kept)] == [1, 0, 1]


async def test_its_rows_ask_again_for_themselves_only(client, line, engine, code):
    await in_line(line, engine, code, 10)

    rows = await asked(client, f"{OVERVIEW}/rows", q=code, show="live", page=1)

    assert f'hx-get="/admin/overview/rows?q={code}&amp;show=live&amp;page=1"' in rows.text
    assert "<html" not in rows.text


async def test_only_admins_see_it(client):
    answer = await client.get(OVERVIEW)

    assert answer.status_code in (303, 401)


@pytest.fixture
async def two_sales(client, line, engine, code):
    """A sale of two coupons, and another one of three; the codes."""
    codes = code, f"{code[:30]}-2"
    for one, total, peak in zip(codes, (2, 3), (40, 80), strict=True):
        room = (await in_line(line, engine, one, total)).room
        for n in range(5):
            await line.enter(one, f"member-{n}")
        await serve(line, engine, one)
        await line.enter(one, "too-late")
        counts, began = dict.fromkeys(MINUTE_COUNTS, 1), now() - timedelta(hours=1)
        minutes = [Minute(began + timedelta(minutes=n), peak, peak, counts) for n in range(total)]
        save_minutes(engine, {room.id: minutes})
    return codes


async def test_two_sales_are_compared_by_the_same_figures_and_scales(client, two_sales):
    code, other = two_sales

    page = await asked(client, f"/admin/rooms/{code}/compare", **{"with": other})

    found = re.findall(r'<th scope="row">([^<]+)</th><td>([^<]*)</td><td>([^<]*)</td>', page.text)
    figures = {label: values for label, *values in found}
    assert figures["Quantity"] == ["2", "3"]
    assert figures["Got a coupon"] == ["2", "3"]
    assert figures["Entered"] == ["5", "5"]
    assert figures["Told in line that it was over"] == ["3", "2"]
    assert figures["Refused at entry, each try"] == ["1", "1"]
    first, second = re.findall(
        r'class="sale-area" d="M0.0 240 L0.0 ([\d.]+) .*?L([\d.]+) 240', page.text
    )
    assert first == ("120.0", "666.7")
    assert second == ("0.0", "1000.0")


async def test_a_sale_is_not_compared_with_a_room_that_is_not_there(client, two_sales):
    code, _ = two_sales
    address = f"/admin/rooms/{code}/compare"

    missing = await asked(client, address, **{"with": "no-such-sale"})
    odd = await asked(client, address, **{"with": "../etc"})
    none = await asked(client, address)

    assert (missing.status_code, odd.status_code) == (404, 404)
    assert "There is no room with the code “no-such-sale”." in missing.text
    assert f'href="/admin/rooms/{code}/result#compare"' in none.text


async def test_the_result_suggests_other_sales_to_compare_with(client, two_sales):
    code, other = two_sales

    page = await asked(client, f"/admin/rooms/{code}/result")

    assert f'<option value="{other}">' in page.text
    assert f'<option value="{code}">' not in page.text
