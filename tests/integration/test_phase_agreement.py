"""A room is in one phase: API, board, page, stream, metric and alert say the same of it."""

from __future__ import annotations

import pytest

from domain.phase import ROOM_PHASE
from tests.integration.phase_cast import SCENES, ask_everything, play

pytestmark = pytest.mark.usefixtures("metrics_read_anew")


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
async def test_everything_that_tells_a_rooms_phase_tells_the_same(
    app, client, line, engine, code, redis_url, scene
):
    await play(scene, client, line, engine, code, redis_url)

    said = await ask_everything(app, line, client, code, ROOM_PHASE[scene.phase])
    assert said == dict.fromkeys(said, scene.phase)


def test_the_scenes_are_of_all_phases():
    assert {scene.phase for scene in SCENES.values()} == ROOM_PHASE.keys()
