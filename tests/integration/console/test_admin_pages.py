"""The console's pages: coupons made and changed, every refusal at its field, and the trail."""

import re
from datetime import timedelta

import pytest

from domain.draw import seed_commitment
from domain.room_settings import RoomSettings
from issuance.audit import list_entries
from issuance.issue import issue
from issuance.offers import get_offer
from tests.integration.admin_cast import signed_in
from tests.integration.cast import now, on_offer
from tests.integration.coupon_form_cast import (
    NEW,
    OPENS_AT,
    WRONG,
    a_form,
    in_days,
    wrong_fields,
)
from tests.integration.web_cast import Html, app_with, client_of, in_line, stored

pytestmark = pytest.mark.usefixtures("unknown_address")

AUDIT = "/admin/audit"
PNG = b"\x89PNG\r\n\x1a\n" + b"p" * 200


async def test_a_coupon_is_made_with_its_line(operator, engine, code):
    typed = Html(await operator.get(NEW)).forms[NEW]

    made = await operator.post(NEW, data=a_form(code))
    page = Html(await operator.get(made.headers["location"]))

    chosen = {"discount_kind", "issuing", "opening", "rate_mode", "challenge"}
    assert set(typed) | chosen == {*a_form(code), "people"}
    assert (made.status_code, page.title) == (303, "Spring sale · Open Run")
    assert "Saved. Takes effect within a second." in page.text
    found = get_offer(engine, code)
    assert found.coupon.opens_at.isoformat() == f"{OPENS_AT}:00+00:00"
    assert found.settings == RoomSettings(
        2.5, 3, 4, 5, "open", 60, "draw", 70, 80, 90, rate_mode="autopilot", rate_min_per_s=0.5,
        rate_max_per_s=5_000, latency_bound_ms=90, challenge="on",
    )  # fmt: skip
    assert seed_commitment(found.room.seed) in page.text
    assert [(one.who, one.what) for one in list_entries(engine, subject=code)] == [
        ("alice", "coupon created")
    ]


async def test_a_direct_coupon_is_made_whatever_stands_in_the_fields_of_the_line(
    operator, engine, code
):
    form = a_form(code, issuing="optimistic", rate_per_s="none")

    made = await operator.post(NEW, data=form)

    assert made.status_code == 303
    assert get_offer(engine, code).room is None
    assert "The line" not in Html(await operator.get(made.headers["location"])).text


@pytest.mark.parametrize("field", WRONG)
async def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_is_kept(
    operator, engine, redis_url, code, field
):
    before = stored(redis_url, engine, code)

    for text in WRONG[field]:
        answer = await operator.post(NEW, data=a_form(code) | {field: text})

        assert answer.status_code == 422, text
        assert field in wrong_fields(answer) or (
            field in ("discount_cap", "expire_date", "rate_max_per_s") and wrong_fields(answer)
        ), text
        others = {"opens_at", "discount_value", "rate_min_per_s"}
        assert wrong_fields(answer) <= {field, *others}, text
        kept = Html(answer).forms[NEW]
        assert kept["burst"] == (text if field == "burst" else "3")
        assert kept.get(field, text).split() == text.split()
    assert stored(redis_url, engine, code) == before


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "The opening must come before the end."),
        ("ko", "오픈 시각은 종료 시각보다 빨라야 해요."),
    ],
)
async def test_times_in_the_wrong_order_are_said_in_words(operator, code, language, said):
    form = a_form(code, expire_date=in_days(29))

    answer = await operator.post(NEW, data=form, headers={"Accept-Language": language})

    assert f'id="opens_at-about">{said}<' in answer.text
    assert "got 2" not in answer.text


async def test_everything_that_is_wrong_is_said_at_once(operator, code):
    everything = {name: texts[0] for name, texts in WRONG.items()} | {"issuing": "queue"}

    answer = await operator.post(NEW, data=everything)
    nothing = await operator.post(NEW, data={})

    # Of a discount and of the two times, what can't be read comes first.
    assert wrong_fields(answer) == WRONG.keys() - {"issuing", "discount_kind", "discount_cap"}
    assert nothing.status_code == 422


async def test_a_code_that_is_taken_is_said_at_the_code(operator, engine, code):
    on_offer(engine, code)

    assert wrong_fields(await operator.post(NEW, data=a_form(code))) == {"code"}


async def test_the_autopilots_bounds_are_changed_together_and_refused_together(
    operator, line, engine, code
):
    await in_line(line, engine, code, room=RoomSettings(rate_min_per_s=10, rate_max_per_s=50))
    edit = f"/admin/coupons/{code}/edit"
    form = Html(await operator.get(edit)).forms[edit]

    wrong = await operator.post(edit, data=form | {"rate_max_per_s": "5"})
    both = {"rate_min_per_s": "60", "rate_max_per_s": "2000", "rate_mode": "autopilot"}
    right = await operator.post(edit, data=form | both)

    assert (wrong.status_code, wrong_fields(wrong)) == (422, {"rate_min_per_s"})
    assert right.status_code == 303, right.text
    room = get_offer(engine, code).settings
    assert (room.rate_mode, room.rate_min_per_s, room.rate_max_per_s) == ("autopilot", 60, 2_000)


async def test_only_what_was_changed_in_the_form_is_changed(operator, line, engine, code):
    await in_line(line, engine, code, room=RoomSettings(rate_per_s=5))
    edit = f"/admin/coupons/{code}/edit"
    form = Html(await operator.get(edit)).forms[edit]
    before = get_offer(engine, code)
    await operator.patch(f"/api/admin/rooms/{code}", json={"rate_per_s": 9})

    saved = await operator.post(edit, data=form | {"total_count": "12", "description": "Later"})

    assert saved.status_code == 303, saved.text
    after = get_offer(engine, code)
    assert (after.coupon.description, after.coupon.inventory.total_count) == ("Later", 12)
    assert after.settings.rate_per_s == 9
    assert after.coupon.opens_at == before.coupon.opens_at
    assert (await line.room_stats(code)).total_count == 12


async def test_what_was_promised_is_fixed_once_coupons_were_given_out(operator, engine, code):
    on_offer(engine, code, 10, issuing="pessimistic")
    issue(engine, code, ["alice", "bob"], now())
    edit = f"/admin/coupons/{code}/edit"
    page = await operator.get(edit)
    before = get_offer(engine, code)

    sooner = f"{now() + timedelta(minutes=20):%Y-%m-%dT%H:%M}"
    answers = {
        name: await operator.post(edit, data={name: text})
        for name, text in (
            ("discount_value", "1"), ("opens_at", "2026-01-01T10:00"), ("expire_date", sooner),
            ("total_count", "1"),
        )
    }  # fmt: skip

    assert "coupons have been issued" in Html(page).text
    assert re.search(r'name="discount_value"[^>]*disabled', page.text)
    for name, answer in answers.items():
        assert answer.status_code == 422
        assert name in wrong_fields(answer) or name in ("discount_value", "opens_at")
        assert 'role="alert"' in answer.text
    after = get_offer(engine, code)
    assert (after.coupon.discount, after.version) == (before.coupon.discount, before.version)
    assert after.coupon.expire_date == before.coupon.expire_date


async def test_how_a_room_looks_is_changed_and_refused(operator, engine, code):
    on_offer(engine, code)
    at = f"/admin/coupons/{code}"

    looks = {"name": "Blue shop", "colour": "#0C6A56", "message": "Hello"}
    await operator.post(f"{at}/branding", data=looks)
    await operator.post(f"{at}/logo", files={"logo": ("a.png", PNG, "image/png")})
    shown = await operator.get(f"{at}/edit")
    wrong = await operator.post(f"{at}/branding", data=looks | {"colour": "blue", "name": "Kept"})
    no_picture = await operator.post(
        f"{at}/logo", files={"logo": ("a.svg", b"<svg/>", "image/png")}
    )
    too_large = await operator.post(f"{at}/logo", files={"logo": ("a.png", PNG * 99, "image/png")})
    branding = get_offer(engine, code).branding
    await operator.post(f"{at}/no-logo")

    assert (branding.name, branding.colour, branding.message) == ("Blue shop", "#0c6a56", "Hello")
    assert f"/rooms/{code}/logo?v={branding.logo_sha256[:12]}" in shown.text
    assert (wrong.status_code, wrong_fields(wrong)) == (422, {"colour"})
    assert Html(wrong).forms[f"{at}/branding"]["name"] == "Kept"
    assert (no_picture.status_code, wrong_fields(no_picture)) == (422, {"logo"})
    assert too_large.status_code == 413
    assert get_offer(engine, code).branding.logo_sha256 == ""


async def test_the_list_shows_each_coupon_and_how_many_wait(operator, line, engine, code):
    await in_line(line, engine, code)
    on_offer(engine, f"{code}-d", issuing="pessimistic")
    for member in ("a", "b"):
        await line.enter(code, member)

    page = Html(await operator.get("/admin"))

    text = " ".join(page.text.split())
    assert f"{code} ·" in text
    assert "Waiting2" in text
    assert "Waiting–" in text
    assert "No line" in text


async def test_the_list_is_shown_while_the_line_is_away(parts, engine, operator, line_away, code):
    on_offer(engine, code)
    async with client_of(app_with(parts, line=line_away)) as client:
        client.cookies = operator.cookies

        page = Html(await client.get("/admin"))

    assert "Waiting–" in " ".join(page.text.split())


async def test_the_trail_says_who_changed_what_from_what_to_what(operator, engine, code):
    await operator.post(NEW, data=a_form(code))
    for count in range(11, 71):
        await operator.post(f"/admin/coupons/{code}/edit", data={"total_count": str(count)})

    first = await operator.get(AUDIT, params={"subject": code})
    earlier = await operator.get(
        re.search(r'rel="next" href="([^"]+)"', first.text).group(1).replace("&amp;", "&")
    )
    nothing = Html(await operator.get(AUDIT, params={"subject": "no'thing"}))

    text = " ".join(Html(first).text.split())
    assert "alice" in text
    assert "Quantity 69 → 70" in text
    assert "Quantity 10" in " ".join(Html(earlier).text.split())
    assert [entry.who for entry in list_entries(engine, subject=code)] == ["alice"] * 61
    assert "No changes found." in nothing.text


async def test_a_viewer_sees_everything_and_no_button_that_changes(client, line, engine, code):
    await signed_in(client, engine, "bob", "viewer")
    await in_line(line, engine, code)

    pages = [
        Html(await client.get(path)) for path in ("/admin", f"/admin/coupons/{code}/edit", AUDIT)
    ]

    ways_out = {"/admin/signout", "/admin/signout-everywhere", "/admin/audit"}
    posts = [set(page.forms) - ways_out for page in pages]
    assert posts[0] == posts[2] == set()
    assert all("Save" not in page.text for page in pages)
    assert "bob, viewer" in pages[0].text


async def test_the_console_speaks_korean(operator, engine, code):
    on_offer(engine, code)
    operator.headers["Accept-Language"] = "ko"

    wrong = await operator.post(NEW, data=a_form(code, rate_per_s="0"))

    assert wrong_fields(wrong) == {"rate_per_s"}
    assert "must be above" not in wrong.text
    assert "0보다 크고 100,000 이하여야 해요. 입력한 값: 0." in wrong.text
