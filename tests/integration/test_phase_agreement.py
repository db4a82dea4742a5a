"""A room is in one phase: API, board, page, stream, metric and alert say the same of it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from application.apply_settings import apply_settings
from domain.phase import ROOM_PHASE, ROOM_PHASES, PlacePhase, RoomPhase
from domain.room_settings import RoomSettings
from issuance.draws import save_draw
from tests.integration.cast import HOUR, now, time_passes
from tests.integration.web_cast import ADMIN, Html, by, in_line, serve, token
from tests.ops_files import ALERTS
from waitroom.redis_io.keys import Keys
from web.sse.json_events import JsonEvents

pytestmark = pytest.mark.usefixtures("metrics_read_anew")

WIDE_OPEN = RoomSettings(rate_per_s=10_000, burst=10_000)
STATE, ADMITS = "waitroom_room_state", "waitroom_room_admits"
OPENS_LATER = ("Opens in", "The draw is not written down yet")


@dataclass
class Scene:
    """A room that is made, into which Alice comes, and what happens then."""

    phase: str
    room: RoomSettings = WIDE_OPEN
    opens_in_s: float = -3600
    total: int = 10
    then: dict[str, Any] = field(default_factory=dict)


SCENES = {
    "open": Scene("open"),
    "draining": Scene("draining", then={"state": "draining"}),
    "paused": Scene("paused", then={"state": "paused"}),
    "paused before it opens": Scene("paused", opens_in_s=600, then={"state": "paused"}),
    "before it opens": Scene("scheduled", opens_in_s=600),
    "draining before it opens": Scene("scheduled", opens_in_s=600, then={"state": "draining"}),
    "opened and not drawn": Scene("scheduled", room=WIDE_OPEN.change(opening="draw")),
    "drawn": Scene("open", room=WIDE_OPEN.change(opening="draw"), then={"draw": True}),
    "restoring": Scene("restoring", then={"lost": True}),
    "restoring and paused": Scene("restoring", then={"lost": True, "state": "paused"}),
    "sold out": Scene("sold_out", total=1, then={"issue": True}),
    "sold out and paused": Scene("sold_out", total=1, then={"issue": True, "state": "paused"}),
    "closed": Scene("closed", then={"state": "closed"}),
    "ended": Scene("closed", then={"ends": True}),
    "ended and sold out": Scene("closed", total=1, then={"issue": True, "ends": True}),
}


@pytest.fixture
def played(client, line, engine, code, redis_url):
    async def play(scene: Scene) -> None:
        opens_at = now() + timedelta(seconds=scene.opens_in_s)
        await in_line(
            line, engine, code, scene.total, opens_at=opens_at,
            expire_date=opens_at + 2 * HOUR, room=scene.room,
        )  # fmt: skip
        await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))
        then = scene.then
        if "issue" in then:
            await serve(line, engine, code)
        if "draw" in then:
            drawn = save_draw(engine, code, ["alice"], now())
            await apply_settings(line, drawn)
        if "state" in then:
            patch = {"state": then["state"]}
            await client.patch(f"/api/admin/rooms/{code}", json=patch, headers=ADMIN)
        if "ends" in then:
            time_passes(engine, 3 * HOUR)
            with Redis.from_url(redis_url) as redis:
                redis.hset(Keys(code).room, "closes_at", 1)
        if "lost" in then:
            until_us = int((now() + HOUR).timestamp() * 1_000_000)
            with Redis.from_url(redis_url) as redis:
                redis.hset(Keys(code).room, "restoring_until", until_us)

    return play


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
async def test_everything_that_tells_a_rooms_phase_tells_the_same(
    app, client, line, code, parts, played, scene
):
    await played(scene)
    app.state.catalogue.forget()

    phase = ROOM_PHASE[scene.phase]
    status = await line.place(code, "alice")
    place = (await client.get(f"/api/rooms/{code}/place", headers=by("alice"))).json()
    event = JsonEvents(code, parts.tickets).message(status, "alice").decode()
    figures = (await client.get(f"/api/admin/rooms/{code}", headers=ADMIN)).json()

    assert status.facts.phase is phase
    assert place["room_state"] == phase.word
    assert json.loads(event.partition("data: ")[2])["room_state"] == phase.word
    assert figures["phase"] == phase.word
    assert place["state"] == status.phase.state
    await the_board_agrees(client, code, phase)
    await the_pages_agree(client, code, phase, status.phase)
    await the_metrics_and_alerts_agree(client, code, phase)
    await the_line_agrees(line, code, phase)


def test_the_scenes_are_of_all_phases():
    assert {scene.phase for scene in SCENES.values()} == ROOM_PHASE.keys()


async def the_board_agrees(client, code: str, phase: RoomPhase) -> None:
    board = await client.get(f"/admin/rooms/{code}/board", headers=ADMIN)

    (sentence,) = re.findall(r'class="going[^>]*>\s*([^<]+?)\s*<', board.text)
    first = [one.word for one in ROOM_PHASES if one.board and sentence.startswith(one.board)]
    if sentence.startswith(OPENS_LATER):
        first = ["scheduled"]
    if sentence.startswith("The time of this coupon is over."):
        first = ["closed"]
    assert first == ([] if phase.word == "open" else [phase.word])


async def the_pages_agree(client, code: str, phase: RoomPhase, place: PlacePhase) -> None:
    await client.get("/signin", params={"token": token("alice")})
    ticket = Html(await client.get(f"/rooms/{code}/place"))
    coupon = await client.get(f"/coupons/{code}")
    listed = (await client.get(f"/api/coupons/{code}")).json()
    client.cookies.clear()

    assert ticket.place["data-state"] == place.word
    if phase.word != "restoring":  # which only the line knows
        assert listed["state"] == phase.word
        assert f'<span class="state state-{phase.word}">{phase.label}</span>' in coupon.text


async def the_metrics_and_alerts_agree(client, code: str, phase: RoomPhase) -> None:
    samples = [
        (sample.name, sample.labels.get("state"), sample.value)
        for family in text_string_to_metric_families((await client.get("/metrics")).text)
        for sample in family.samples
        if sample.labels.get("room") == code
    ]

    states = {state for name, state, value in samples if name == STATE and value}
    assert states == {phase.word, *phase.aliases}
    admits = [value for name, _, value in samples if name == ADMITS]
    assert admits == [float(phase.admits)]
    assert f"max by (room) ({ADMITS}) == 1" in STANDS_STILL, "the alert asks for nothing else"
    assert STATE not in STANDS_STILL


async def the_line_agrees(line, code: str, phase: RoomPhase) -> None:
    """The scripts keep what the phase says: who may enter, and whether anybody is let through."""
    entered = await line.enter(code, "bob")
    admission = await line.admit(code, at_most=100, lease_s=15)

    is_drained = entered.facts.state == "draining"
    assert (entered.kind == "waiting") is (phase.takes_members and not is_drained)
    assert bool(admission.members) is phase.admits


def pick_alert(name: str) -> str:
    (found,) = [one["expr"] for one in ALERTS if one["alert"] == name]
    return found


STANDS_STILL = pick_alert("WaitroomLineStandsStill")
