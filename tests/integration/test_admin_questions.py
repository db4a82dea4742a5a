"""The form of a coupon asks before an edit by which members lose something."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.room_settings import RoomSettings
from issuance.offers import get_offer
from tests.integration.admin_cast import signed_in
from tests.integration.cast import now
from tests.integration.web_cast import Html, in_line

pytestmark = pytest.mark.usefixtures("unknown_address")


@pytest.fixture
async def edit(client, line, engine, code):
    """The address of the form of a coupon for whose 10 coupons 8 wait."""
    await signed_in(client, engine, "alice", "operator")
    await in_line(line, engine, code, room=RoomSettings(rate_per_s=1))
    for n in range(8):
        await line.enter(code, f"member-{n}")
    return f"/admin/coupons/{code}/edit"


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("total_count", "7 fewer: 5 in line will miss out?"),
        ("expire_date", "This ends the sale now, for 8 in line?"),
        ("rate_per_s", "50/s: all 8 through in about 1 s?"),
    ],
)
async def test_an_edit_that_takes_something_away_is_asked_about(
    client, engine, code, edit, name, question
):
    form = Html(await client.get(edit)).forms[edit]
    text = {
        "total_count": "3",
        "expire_date": f"{now() - timedelta(minutes=1):%Y-%m-%dT%H:%M}",
        "rate_per_s": "50",
    }[name]
    before = get_offer(engine, code)

    asked = await client.post(edit, data=form | {name: text, "description": "Spring"})
    kept = get_offer(engine, code)
    page = Html(asked)
    again = page.by_button["confirmed"]
    saved = await client.post(edit, data=again | {"confirmed": "1"})
    after = get_offer(engine, code)

    assert (asked.status_code, kept.version) == (200, before.version)
    assert question in page.text
    assert page.forms[edit][name] == text, "the form keeps what was typed"
    assert saved.status_code == 303, saved.text
    assert (after.version, after.coupon.description) == (before.version + 1, "Spring")


async def test_an_edit_that_takes_nothing_away_is_saved_at_once(client, engine, code, edit):
    saved = await client.post(edit, data={"total_count": "11", "description": "Spring"})

    assert saved.status_code == 303, saved.text
    assert get_offer(engine, code).coupon.inventory.total_count == 11
