"""The console's plan of a room, and the commands for it."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from domain.planning.rate_steps import RateStep
from domain.room import ROOM_KINDS
from issuance.planning.clones import find_rehearsal
from issuance.planning.rate_steps import set_rate_steps
from issuance.planning.stages import archive_room, get_room
from tests.integration.cast import HOUR, now
from tests.integration.coupon_form_cast import NEW, a_form
from tests.integration.member_report_cast import in_a_thread
from tests.integration.planning.plan_cast import a_draft
from tests.integration.web_cast import Html, forget_rooms, in_line


async def test_the_form_saves_a_draft_and_its_plan_publishes_it_unasked(operator, engine, code):
    form = await operator.get(NEW)
    saved = await operator.post(NEW, data=a_form(code, draft="1"))
    draft = get_room(engine, code).stage
    board = await operator.get(f"/admin/rooms/{code}")

    published = await operator.post(f"/admin/rooms/{code}/plan/publish")

    assert (saved.status_code, draft) == (303, "draft")
    assert 'name="draft"' in form.text
    assert (board.status_code, board.headers["location"]) == (303, f"/admin/rooms/{code}/plan")
    assert published.status_code == 303, published.text
    assert get_room(engine, code).stage == "published"


async def test_a_coupon_without_a_line_is_not_saved_as_a_draft(operator, code):
    refused = await operator.post(NEW, data=a_form(code, draft="1", issuing="pessimistic"))

    assert refused.status_code == 422
    assert "Needs a coupon that is issued through its line." in refused.text


async def test_publishing_what_opens_at_once_is_asked_about(operator, engine, code):
    a_draft(engine, code, "coupon")

    asked = await operator.post(f"/admin/rooms/{code}/plan/publish")
    before = get_room(engine, code).stage
    again = Html(asked).by_button["confirmed"]
    done = await operator.post(f"/admin/rooms/{code}/plan/publish", data=again | {"confirmed": "1"})

    assert (asked.status_code, before) == (200, "draft")
    assert "Publish it and open it now?" in Html(asked).text
    assert (done.status_code, get_room(engine, code).stage) == (303, "published")


@pytest.mark.parametrize("kind", ROOM_KINDS)
async def test_the_plan_clones_and_archives(operator, engine, code, kind):
    a_draft(engine, code, kind)
    at = f"/admin/rooms/{code}/plan"

    wrong = await operator.post(f"{at}/clone", data={"new_code": "Not a code"})
    taken = await operator.post(f"{at}/clone", data={"new_code": code})
    cloned = await operator.post(f"{at}/clone", data={"new_code": f"{code}-b"})
    archived = await operator.post(f"{at}/archive")
    shown = Html(await operator.get(at))
    back = await operator.post(f"{at}/unarchive")

    assert (wrong.status_code, taken.status_code) == (422, 422)
    assert 'value="Not a code"' in wrong.text
    assert cloned.headers["location"] == f"/admin/rooms/{code}-b/plan?saved=1"
    assert get_room(engine, f"{code}-b").stage == "draft"
    assert archived.status_code == 303
    assert "Archived" in shown.text
    assert (back.status_code, get_room(engine, code).archived_at) == (303, None)
    archive_room(engine, f"{code}-b", who="test", now=now())


async def test_the_plan_says_why_a_room_that_runs_is_not_archived(operator, line, engine, code):
    await in_line(line, engine, code)

    refused = await operator.post(f"/admin/rooms/{code}/plan/archive")

    assert refused.status_code == 409
    assert "This room is not over yet." in refused.text


async def test_the_console_lists_drafts_and_hides_the_archive_behind_a_filter(
    operator, engine, code
):
    a_draft(engine, code, "coupon", opens_at=now() + 900 * HOUR, closes_at=now() + 901 * HOUR)
    listed = await operator.get("/admin")
    await operator.post(f"/admin/rooms/{code}/plan/archive")

    assert "Draft · Spring sale" in listed.text
    assert code in listed.text
    assert code not in (await operator.get("/admin")).text
    assert code in (await operator.get("/admin?archived=1")).text


async def test_the_plan_takes_rate_steps_and_keeps_what_was_typed_wrongly(operator, engine, code):
    a_draft(engine, code, "coupon")
    at = f"/admin/rooms/{code}/plan"
    soon = f"{now() + timedelta(minutes=10):%Y-%m-%dT%H:%M}"
    rows = {"at": [soon, "", ""], "rate": ["200", "", ""]}

    saved = await operator.post(f"{at}/rate-steps", data=rows)
    shown = await operator.get(at)
    wrong = await operator.post(f"{at}/rate-steps", data={"at": [soon], "rate": ["fast"]})

    assert saved.status_code == 303, saved.text
    assert [one.rate_per_s for one in get_room(engine, code).rate_steps] == [200]
    assert f'value="{soon}"' in shown.text
    assert wrong.status_code == 422
    assert 'value="fast"' in wrong.text
    assert "Enter a number." in wrong.text


async def test_the_board_says_the_next_step_and_the_audit_trail_all(operator, line, engine, code):
    offer = await in_line(line, engine, code)
    step = RateStep((now() + timedelta(minutes=30)).replace(second=0, microsecond=0), 200)
    set_rate_steps(engine, code, [step], who="olga", now=now())

    board = Html(await operator.get(f"/admin/rooms/{code}")).text
    trail = Html(await operator.get(f"/admin/audit?subject={code}")).text

    assert offer.room.rate_steps == ()
    assert "Next rate step: 200/s on" in board
    assert f"{step.at:%H:%M} UTC 200/s" in trail


async def test_the_plan_previews_and_rehearses(operator, engine, redis_url, code):
    a_draft(engine, code, "coupon")
    at = f"/admin/rooms/{code}/plan"

    linked = await operator.post(f"{at}/preview")
    started = await operator.post(f"{at}/rehearse")
    rehearsal = find_rehearsal(engine, code)
    shown = await operator.get(at)
    await operator.post(f"{at}/rehearse", data={"end": "1"})

    assert re.search(r'href="(/preview/[^"]+)"', linked.text)
    assert started.status_code == 303
    assert f"/coupons/{rehearsal.code}" in shown.text
    assert find_rehearsal(engine, code) is None
    forget_rooms(redis_url, rehearsal.code)


async def test_the_commands_publish_clone_and_archive(engine, code, room):
    a_draft(engine, code, "coupon", closes_at=now() + timedelta(days=1))

    published = json.loads(await in_a_thread(room)("publish", code, "--json"))
    cloned = json.loads(await in_a_thread(room)("clone", code, f"{code}-b", "--json"))
    archived = json.loads(await in_a_thread(room)("archive", f"{code}-b", "--json"))
    listed = json.loads(await in_a_thread(room)("list", "--archived", "--json"))
    back = json.loads(await in_a_thread(room)("unarchive", f"{code}-b", "--json"))

    assert (published["stage"], cloned["stage"]) == ("published", "draft")
    assert archived["archived_at"] is not None
    assert f"{code}-b" in [one["code"] for one in listed]
    assert back["archived_at"] is None
