"""Previews: a signed link shows every state of a room's pages, and does nothing else."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from domain.phase import PLACE_PHASES, REFUSED, RESTORING, ROOM_PHASES, VISIT_PHASES
from domain.refusals import refusals_of
from domain.room import ROOM_KINDS
from issuance.brandings import change_branding
from issuance.offers import get_offer
from issuance.planning.stages import get_room
from tests.integration.cast import HOUR, now
from tests.integration.planning.plan_cast import a_draft
from tests.integration.web_cast import ADMIN, app_with, client_of, stored
from web.auth.previews import AGE_MAX_S, PreviewLinks
from web.pages.preview.scenes import list_scenes, offer_in

SECRET = "only-this-test-signs-previews-with-it"


@pytest.fixture
def clock() -> list[float]:
    """The time by which links are signed and end, in its only entry."""
    return [now().timestamp()]


@pytest.fixture
async def previewer(parts, clock):
    """A client of an application whose preview links go by `clock`."""
    links = PreviewLinks([SECRET], now=lambda: clock[0])
    async with client_of(app_with(parts, previews=links)) as client:
        yield client


async def link_of(client, code: str) -> str:
    made = await client.post(f"/api/admin/rooms/{code}/preview-links", headers=ADMIN)
    assert made.status_code == 201, made.text
    return made.json()["url"]


@pytest.mark.parametrize("kind", ROOM_KINDS)
async def test_a_draft_is_shown_in_every_state_in_each_language(previewer, engine, code, kind):
    a_draft(engine, code, kind, opens_at=now() + HOUR, closes_at=now() + 2 * HOUR)
    link = await link_of(previewer, code)
    others = VISIT_PHASES if kind == "coupon" else ()
    of_coupons = set() if kind == "coupon" else {"admitted", "issued"}
    expected = {phase.word for phase in PLACE_PHASES if phase not in others} - of_coupons

    for language in ("en", "ko"):
        index = await previewer.get(f"{link}?lang={language}")
        found = re.findall(rf'href="({re.escape(link)}/[^"?]+)\?lang={language}"', index.text)
        states = set()
        for address in found:
            page = await previewer.get(f"{address}?lang={language}")
            assert page.status_code == 200, (address, page.text)
            assert f'<html lang="{language}">' in page.text
            states |= set(re.findall(r'data-state="(\w+)"', page.text))

        assert expected <= states
        assert len(found) == len(list_scenes(kind))


def test_every_phase_and_refusal_has_a_scene():
    scenes = {kind: list_scenes(kind) for kind in ROOM_KINDS}
    coupon = {scene.coupon_phase for scene in scenes["coupon"]}
    places = {scene.place for kind in ROOM_KINDS for scene in scenes[kind]}

    assert {phase.word for phase in ROOM_PHASES if phase is not RESTORING} <= coupon
    assert {phase.word for phase in PLACE_PHASES} <= places
    assert {scene.refusal for scene in scenes["coupon"]} - {""} == set(refusals_of("enter"))
    assert all(scene.refusal for scene in scenes["site"] if scene.place == REFUSED.word)


def test_a_coupons_scene_is_in_the_phase_that_it_shows(engine, code):
    a_draft(engine, code, "coupon", opens_at=now() + HOUR, closes_at=now() + 2 * HOUR)
    offer = get_offer(engine, code)

    for phase in ROOM_PHASES:
        if phase is not RESTORING:
            assert offer_in(offer, phase.word, now()).phase(now()) is phase


async def test_a_preview_says_and_changes_nothing_of_anybody(previewer, engine, redis_url, code):
    a_draft(engine, code, "coupon")
    link = await link_of(previewer, code)
    before = stored(redis_url, engine, code)

    for path in (link, f"{link}/waiting", f"{link}/issued"):
        page = await previewer.get(path)
        policies = page.headers.get_list("content-security-policy")
        assert page.headers["cache-control"] == "private, no-store"
        assert page.headers["x-robots-tag"] == "noindex"
        assert any("script-src 'none'" in one and "sandbox" in one for one in policies)
        assert any("default-src 'self'" in one for one in policies)
        assert "set-cookie" not in page.headers
        assert (await previewer.post(path)).status_code == 405

    assert stored(redis_url, engine, code) == before


async def test_a_draft_is_previewed_in_its_own_colour_and_logo(previewer, engine, code):
    a_draft(engine, code, "coupon")
    change_branding(engine, code, {"colour": "#0c6a56"}, who="test", now=now())
    link = await link_of(previewer, code)

    page = await previewer.get(f"{link}/waiting")
    css = re.search(rf'href="({re.escape(link)}/brand\.css[^"]*)"', page.text)
    sheet = await previewer.get(css.group(1))

    assert "#0c6a56" in sheet.text
    assert (await previewer.get(f"{link}/logo")).status_code == 404, "it has none"


async def test_a_link_ends_and_is_bound_to_its_room(previewer, engine, code, clock):
    a_draft(engine, code, "coupon")
    link = await link_of(previewer, code)
    room, links = get_room(engine, code), PreviewLinks([SECRET], now=lambda: clock[0])
    forger = PreviewLinks(["x" * 32], now=lambda: clock[0])
    bad = {
        "forged": f"{link[:-2]}xx",
        "another room's id": f"/preview/{links.sign(code, uuid4())}",
        "another's secret": f"/preview/{forger.sign(code, room.id)}",
        "an unknown state": f"{link}/nowhere",
    }
    good = (await previewer.get(link)).status_code

    answers = {name: (await previewer.get(path)).status_code for name, path in bad.items()}
    clock[0] += AGE_MAX_S + 1

    assert good == 200
    assert answers == dict.fromkeys(bad, 404)
    assert (await previewer.get(link)).status_code == 404, "after a week"
