"""A room in each of its phases, and what everything that tells its phase says of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from httpx import AsyncClient
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis
from sqlalchemy import Engine

from application.apply_settings import apply_settings
from domain.phase import RESTORING, ROOM_PHASE, ROOM_PHASES, PlacePhase, RoomPhase
from domain.room_settings import RoomSettings
from issuance.draws import save_draw
from tests.integration.cast import HOUR, now, time_passes
from tests.integration.sse_cast import Follower
from tests.integration.web_cast import ADMIN, Html, by, in_line, serve, token, until
from tests.ops_files import ALERTS
from waitroom.line import Line
from waitroom.redis_io.keys import Keys

WIDE_OPEN = RoomSettings(rate_per_s=10_000, burst=10_000)
STATE, ADMITS = "waitroom_room_state", "waitroom_room_admits"
OPENS_LATER = ("Opens in", "The draw is not saved yet")


@dataclass
class Scene:
    """A room that is made, into which Alice comes, and what happens then."""

    phase: str
    room: RoomSettings = WIDE_OPEN
    opens_in_s: float = -3_600
    lasts_s: float = 7_200
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


async def play(
    scene: Scene, client: AsyncClient, line: Line, engine: Engine, code: str, redis_url: str
) -> None:
    opens_at = now() + timedelta(seconds=scene.opens_in_s)
    ends_at = opens_at + timedelta(seconds=scene.lasts_s)
    times = {"opens_at": opens_at, "expire_date": ends_at}
    await in_line(line, engine, code, scene.total, room=scene.room, **times)
    await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))
    then, stored = scene.then, {}
    if "issue" in then:
        await serve(line, engine, code)
    if "draw" in then:
        await apply_settings(line, save_draw(engine, code, ["alice"], now()))
    if "state" in then:
        patch = {"state": then["state"]}
        await client.patch(f"/api/admin/rooms/{code}", json=patch, headers=ADMIN)
    if "ends" in then:
        time_passes(engine, 3 * HOUR)
        stored["closes_at"] = 1
    if "lost" in then:
        stored["restoring_until"] = int((now() + HOUR).timestamp() * 1_000_000)
    if stored:
        with Redis.from_url(redis_url) as redis:
            redis.hset(Keys(code).room, mapping=stored)


async def ask_everything(
    app: FastAPI, line: Line, client: AsyncClient, code: str, phase: RoomPhase
) -> dict[str, str]:
    """Which phase each says the room is in, once what follows from `phase` was looked at.

    The line comes last: it is asked to let somebody in, and through.
    """
    app.state.offers.forget()
    status = await line.place(code, "alice")
    is_drained = status.facts.state == "draining"
    said = {
        "line": status.facts.phase.word,
        **await ask_the_api_and_the_stream(app, client, code, status.phase),
        "board": await ask_the_board(client, code),
        **await ask_the_pages(client, code, phase, status.phase, is_drained=is_drained),
        "metric": await ask_the_metrics(client, code, phase),
    }
    await check_the_line(line, code, phase, is_drained=is_drained)
    if phase is RESTORING:  # which Postgres does not know
        del said["coupon"], said["coupon page"]
    return said


async def ask_the_api_and_the_stream(
    app: FastAPI, client: AsyncClient, code: str, place: PlacePhase
) -> dict[str, str]:
    asked = (await client.get(f"/api/rooms/{code}/place", headers=by("alice"))).json()
    figures = (await client.get(f"/api/admin/rooms/{code}", headers=ADMIN)).json()
    follower = Follower(app, code)
    await until(lambda: follower.places)
    follower.goes_away()
    await follower.ends()

    streamed = follower.places[0]
    assert asked["state"] == streamed["state"] == place.state
    return {
        "place": asked["room_state"],
        "stream": streamed["room_state"],
        "figures": figures["phase"],
    }


async def ask_the_board(client: AsyncClient, code: str) -> str:
    board = await client.get(f"/admin/rooms/{code}/board", headers=ADMIN)

    (sentence,) = re.findall(r'class="going[^>]*>\s*([^<]+?)\s*<', board.text)
    if sentence.startswith(OPENS_LATER):
        return "scheduled"
    if sentence.startswith("This coupon has ended."):
        return "closed"
    begun = [one.word for one in ROOM_PHASES if one.board and sentence.startswith(one.board)]
    return begun[0] if begun else "open"


async def ask_the_pages(
    client: AsyncClient, code: str, phase: RoomPhase, place: PlacePhase, *, is_drained: bool
) -> dict[str, str]:
    await client.get("/signin", params={"token": token("alice")})
    ticket = Html(await client.get(f"/rooms/{code}/place"))
    listed = (await client.get(f"/api/coupons/{code}")).json()
    client.cookies.clear()
    await client.get("/signin", params={"token": token("carol")})
    coupon = await client.get(f"/coupons/{code}")
    client.cookies.clear()

    assert ticket.place["data-state"] == place.word
    may_enter = phase.takes_members and not is_drained
    assert (f"/rooms/{code}/enter" in Html(coupon).forms) is may_enter
    word, label = re.findall(r'<span class="state state-(\w+)">([^<]+)</span>', coupon.text)[0]
    assert label == ROOM_PHASE[word].label
    return {"coupon": listed["state"], "coupon page": word}


async def ask_the_metrics(client: AsyncClient, code: str, phase: RoomPhase) -> str:
    samples = [
        (sample.name, sample.labels.get("state"), sample.value)
        for family in text_string_to_metric_families((await client.get("/metrics")).text)
        for sample in family.samples
        if sample.labels.get("room") == code
    ]

    (alert,) = [one["expr"] for one in ALERTS if one["alert"] == "WaitroomLineStandsStill"]
    assert f"max by (room) ({ADMITS}) == 1" in alert
    assert STATE not in alert, "an alert that lists phases misses the next one"
    assert [value for name, _, value in samples if name == ADMITS] == [float(phase.admits)]
    states = {str(state) for name, state, value in samples if name == STATE and value}
    (word,) = states - set(phase.aliases)
    return word


async def check_the_line(line: Line, code: str, phase: RoomPhase, *, is_drained: bool) -> None:
    """The scripts keep what the phase says: who may enter, and whether anybody is let through."""
    entered = await line.enter(code, "bob")
    admission = await line.admit(code, at_most=100, lease_s=15)

    assert (entered.kind == "waiting") is (phase.takes_members and not is_drained)
    assert bool(admission.members) is phase.admits
