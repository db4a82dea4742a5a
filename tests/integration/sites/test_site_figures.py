"""A site's room has figures of visits, and no stock: in metrics, in the API, and of the command."""

import pytest

from tests.integration.line_cast import admit, enter
from tests.integration.site_web_cast import site_room_open
from tests.integration.test_api_metrics import samples
from tests.integration.web_cast import ADMIN

pytestmark = pytest.mark.usefixtures("metrics_read_anew")


@pytest.fixture
async def busy(line, engine, code) -> str:
    """One waits, one is called, one is inside, and one has finished."""
    await site_room_open(line, engine, code, seats=5, passthrough="off")
    await enter(line, code, ["alice", "bob", "carol", "dave"])
    await admit(line, code, 3)
    _, carol = [await line.visits.claim(code, member) for member in ("bob", "carol")]
    await line.visits.finish(code, carol.visit_id)
    return code


async def test_metrics_tell_of_visits_and_of_no_coupons(client, busy):
    text = (await client.get("/metrics")).text

    told = samples(text, room=busy)
    gauges = {"visits_called": 1, "visits_inside": 1, "waiting": 1}
    counters = {"visits": 2, "walked_in": 0, "missed": 0, "visits_restored": 0}
    assert {name: told[f"waitroom_{name}"] for name in gauges} == gauges
    assert {name: told[f"waitroom_{name}_total"] for name in counters} == counters
    assert "waitroom_coupons" not in told
    assert "waitroom_coupons_remaining" not in told
    for how, count in {"finished": 1, "ended": 0, "revoked": 0}.items():
        assert samples(text, room=busy, how=how) == {"waitroom_visits_over_total": count}


async def test_the_api_has_visits_and_no_stock(client, busy):
    room = (await client.get(f"/api/admin/rooms/{busy}", headers=ADMIN)).json()

    assert room["remain_count"] is None
    visits = {"called": 1, "inside": 1, "claimed": 2, "finished": 1, "missed": 0}
    assert {name: room["visits"][name] for name in visits} == visits


async def test_figures_as_a_record_have_no_stock(line, busy):
    record = (await line.room_stats(busy)).as_record()

    assert [record[name] for name in ("total_count", "used_count", "remain_count")] == [None] * 3
    assert (record["inside"], record["claimed"]) == (1, 2)
