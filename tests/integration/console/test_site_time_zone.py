"""SITE_TIME_ZONE: pages and forms use the site's time zone; the API and Postgres use UTC."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from issuance.offers import get_offer
from tests.integration.admin_cast import signed_in
from tests.integration.coupon_form_cast import NEW, a_form, wrong_fields
from tests.integration.web_cast import Html, app_with, client_of, in_line

pytestmark = pytest.mark.usefixtures("unknown_address")

SEOUL, BERLIN = ZoneInfo("Asia/Seoul"), ZoneInfo("Europe/Berlin")


@pytest.fixture
def in_zone(parts, engine):
    """A function that returns a client of an application in this zone, signed in."""

    async def made(zone):
        client = client_of(app_with(parts, time_zone=zone))
        await signed_in(client, engine, "alice", "operator")
        return client

    return made


async def test_a_forms_times_are_the_sites_local_times(in_zone, engine, code):
    operator = await in_zone(SEOUL)
    opens = (datetime.now(SEOUL) + timedelta(days=30)).strftime("%Y-%m-%dT10:00")
    ends = (datetime.now(SEOUL) + timedelta(days=60)).strftime("%Y-%m-%dT23:30")

    made = await operator.post(NEW, data=a_form(code, opens_at=opens, expire_date=ends))
    page = Html(await operator.get(made.headers["location"]))

    coupon = get_offer(engine, code).coupon
    assert coupon.opens_at.astimezone(UTC).isoformat() == f"{opens[:10]}T01:00:00+00:00"
    assert coupon.expire_date.astimezone(UTC).isoformat() == f"{ends[:10]}T14:30:00+00:00"
    fields = page.forms[f"/admin/coupons/{code}/edit"]
    assert (fields["opens_at"], fields["expire_date"]) == (opens, ends)
    assert "Opens at (Asia/Seoul)" in page.text
    assert "Date and time in Asia/Seoul, before the end." in page.text


async def test_an_edit_without_a_change_of_times_keeps_their_seconds(in_zone, line, engine, code):
    operator = await in_zone(SEOUL)
    before = (await in_line(line, engine, code)).coupon
    fields = Html(await operator.get(f"/admin/coupons/{code}/edit")).forms[
        f"/admin/coupons/{code}/edit"
    ]

    saved = await operator.post(
        f"/admin/coupons/{code}/edit", data=fields | {"description": "Summer sale"}
    )

    assert saved.status_code == 303
    after = get_offer(engine, code).coupon
    assert after.description == "Summer sale"
    assert (after.opens_at, after.expire_date) == (before.opens_at, before.expire_date)


@pytest.mark.parametrize(
    ("local", "words"),
    [
        ("2027-03-28T02:30", "Clocks skip this time on that day"),
        ("2027-10-31T02:30", "Clocks show this time twice on that day"),
    ],
)
async def test_a_time_that_clocks_skip_or_repeat_is_refused_at_its_field(
    in_zone, code, local, words
):
    operator = await in_zone(BERLIN)

    answer = await operator.post(
        NEW, data=a_form(code, opens_at=local, expire_date="2028-01-01T10:00")
    )

    assert answer.status_code == 422
    assert wrong_fields(answer) == {"opens_at"}
    assert words in answer.text


async def test_the_console_and_members_read_the_sites_time(in_zone, line, engine, code, parts):
    operator = await in_zone(SEOUL)
    coupon = (await in_line(line, engine, code)).coupon

    trail = await operator.get(f"/admin/audit?subject={code}")
    listed = await operator.get("/?lang=en")

    assert " KST" in trail.text
    local = coupon.expire_date.astimezone(SEOUL)
    assert f"{local:%H:%M} KST" in listed.text
    api = (await operator.get(f"/api/coupons/{code}")).json()
    assert api["expire_date"].endswith("Z")


async def test_a_form_shows_durations_as_people_write_them(operator, engine, code):
    made = await operator.post(NEW, data=a_form(code, lobby_s="1 h 30 min", grace_s="90초"))
    page = Html(await operator.get(made.headers["location"]))
    korean = Html(await operator.get(f"/admin/coupons/{code}/edit?lang=ko"))

    settings = get_offer(engine, code).settings
    assert (settings.lobby_s, settings.grace_s) == (5_400, 90)
    address = f"/admin/coupons/{code}/edit"
    fields, in_korean = page.forms[address], korean.forms[address]
    assert (fields["lobby_s"], fields["grace_s"]) == ("1 h 30 min", "90 s")
    assert (in_korean["lobby_s"], in_korean["grace_s"]) == ("1시간 30분", "90초")


async def test_a_duration_out_of_bounds_is_refused_with_the_bounds_as_durations(operator, code):
    answer = await operator.post(NEW, data=a_form(code, lobby_s="8 days", return_s="soon"))

    assert wrong_fields(answer) == {"lobby_s", "return_s"}
    assert "Must be from 0 s to 7 days, got 8 days." in answer.text
    assert "Enter a duration, such as 15 min, 1 h 30 min or 90 s." in answer.text
