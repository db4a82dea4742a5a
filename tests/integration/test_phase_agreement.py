"""A room is in one phase: API, board, page, stream, metric and alert say the same of it."""

from __future__ import annotations

import pytest

from domain.phase import ROOM_PHASE
from tests.integration.phase_cast import WIDE_OPEN, Scene, ask_everything, play

pytestmark = pytest.mark.usefixtures("metrics_read_anew")

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


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
async def test_everything_that_tells_a_rooms_phase_tells_the_same(
    app, client, line, engine, code, redis_url, scene
):
    await play(scene, client, line, engine, code, redis_url)

    said = await ask_everything(app, line, client, code, ROOM_PHASE[scene.phase])
    assert said == dict.fromkeys(said, scene.phase)


def test_the_scenes_are_of_all_phases():
    assert {scene.phase for scene in SCENES.values()} == ROOM_PHASE.keys()
