"""What grows with the crowd or with the coupons is made once, and not in the event loop."""

import asyncio
import json
import threading
import time
from datetime import timedelta

import pytest

from domain.draw_record import DrawRecord
from domain.room_settings import RoomSettings
from issuance.draws import save_draw
from tests.integration.cast import now, on_offer
from tests.integration.web_cast import until
from web.api import description
from web.api import draw as draw_api
from web.pages.member import coupons as coupon_pages

ASKED = 20


class Gate:
    """Holds up every call of a function, and counts them."""

    def __init__(self, function):
        self._function = function
        self._open = threading.Event()
        self.calls = 0
        self.threads = set()

    def __call__(self, *args, **kwargs):
        self.calls += 1
        self.threads.add(threading.current_thread())
        assert self._open.wait(10), "nothing else was answered meanwhile"
        return self._function(*args, **kwargs)

    def open(self) -> None:
        self._open.set()


@pytest.fixture
def drawn(engine, code):
    opens_at = now() - timedelta(minutes=1)
    on_offer(engine, code, room=RoomSettings(opening="draw"), opens_at=opens_at)
    save_draw(engine, code, [f"member-{n}" for n in range(1_000)], now())
    return code


async def asked_together(client, gate, path, **headers):
    """The answers to many who ask at once; another request is answered while they wait."""
    asked = [asyncio.create_task(client.get(path, headers=headers)) for _ in range(ASKED)]
    await until(lambda: gate.calls)
    assert (await client.get("/healthz")).status_code == 200
    assert not any(one.done() for one in asked)
    gate.open()
    return await asyncio.gather(*asked)


async def test_the_draw_record_is_made_once_while_others_are_answered(client, drawn, monkeypatch):
    reads, writes = Gate(draw_api.find_draw), Gate(DrawRecord.as_json)
    writes.open()
    monkeypatch.setattr(draw_api, "find_draw", reads)
    monkeypatch.setattr(DrawRecord, "as_json", lambda *args, **more: writes(*args, **more))

    answers = await asked_together(client, reads, f"/api/rooms/{drawn}/draw/record")
    plain = await client.get(f"/api/rooms/{drawn}/draw/record", headers={"Accept-Encoding": "br"})

    assert {one.status_code for one in answers} == {200}
    assert {one.json()["entrants_count"] for one in answers} == {1_000}
    assert {one.headers["content-encoding"] for one in answers} == {"gzip"}
    assert "content-encoding" not in plain.headers
    assert plain.json() == answers[0].json()
    assert (reads.calls, writes.calls) == (1, 1)
    assert threading.main_thread() not in reads.threads | writes.threads


async def test_the_list_of_coupons_is_drawn_once_while_others_are_answered(
    client, engine, code, monkeypatch
):
    for number in range(70):
        on_offer(engine, f"{code}-{number}")
    shown = Gate(coupon_pages.shown)
    monkeypatch.setattr(coupon_pages, "shown", shown)
    began = time.monotonic()

    answers = await asked_together(client, shown, "/")

    assert all(one.text.count(f'href="/coupons/{code}-') == 70 for one in answers)
    on_offer(engine, f"{code}-new")
    await asyncio.sleep(1.1)
    assert f"{code}-new" in (await client.get("/")).text
    readings = shown.calls / len(json.loads((await client.get("/api/coupons")).text))
    seconds = time.monotonic() - began
    assert readings < 3 + seconds, "once a reading of what is on offer, not once a request"
    assert threading.main_thread() not in shown.threads


async def test_the_description_is_written_once_while_others_are_answered(client, monkeypatch):
    described = Gate(description.openapi_json)
    monkeypatch.setattr(description, "openapi_json", described)

    answers = await asked_together(client, described, "/openapi.json")
    plain = await client.get("/openapi.json", headers={"Accept-Encoding": "identity"})

    assert {one.json()["openapi"] for one in answers} == {"3.1.0"}
    assert plain.json() == answers[0].json()
    assert described.calls == 1
    assert threading.main_thread() not in described.threads


async def test_the_list_for_programs_is_sent_compressed_and_plain(client, engine, code):
    for number in range(70):
        on_offer(engine, f"{code}-{number}")

    plain = await client.get("/api/coupons", headers={"Accept-Encoding": "identity"})
    packed = await client.get("/api/coupons")

    assert [one["code"] for one in plain.json()].count(f"{code}-7") == 1
    assert packed.json() == plain.json()
    assert packed.headers["cache-control"] == "public, max-age=1"
    assert int(packed.headers["content-length"]) < len(plain.content) / 4


async def test_metrics_are_read_once_a_second_however_many_ask(client, app, monkeypatch):
    readings = 0
    codes = app.state.parts.line.codes

    async def counted():
        nonlocal readings
        readings += 1
        return await codes()

    monkeypatch.setattr(app.state.parts.line, "codes", counted)

    answers = await asyncio.gather(*(client.get("/metrics") for _ in range(ASKED)))

    assert {one.text for one in answers} == {answers[0].text}
    assert answers[0].headers["content-encoding"] == "gzip"
    assert readings == 1
