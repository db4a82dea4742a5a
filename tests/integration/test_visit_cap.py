"""Never more than `seats` are inside: three admitters, and visitors of all kinds."""

import asyncio
from random import Random

import pytest

from application.destinations.site.destination import SiteDestination
from tests.integration.line_cast import LineOf
from tests.integration.visit_cast import site_in_force
from tests.visits.crowd import Crowd, Habits, rest
from tests.visits.judge import list_all, overlap_max
from waitroom.admitter import Admitter

SEATS, VISITORS = 10, 200
HABITS = Habits(inside_s=0.1, polls_s=0.05)
# Of a visit and of a call: as short as lets all kinds of ends happen soon.
RULES = {"seats": SEATS, "session_s": 1, "claim_s": 1, "return_s": 60, "passthrough": "auto"}
ADMITTERS = 3


@pytest.fixture
async def admitters(redis_url, code):
    """Three admitters, each with connections of its own, that tick until the test is over."""
    stop, lines = asyncio.Event(), [LineOf(redis_url, code) for _ in range(ADMITTERS)]

    async def tick(admitter: Admitter) -> None:
        while not stop.is_set():
            await rest(min(await admitter.tick(), 0.02), stop)

    ticking = [asyncio.create_task(tick(Admitter(one, SiteDestination(one)))) for one in lines]
    yield ticking
    stop.set()
    await asyncio.gather(*ticking)
    for one in lines:
        await one.aclose()


async def test_never_more_than_the_seats_are_inside_whatever_visitors_do(line, code, admitters):
    await site_in_force(line, code, **RULES)
    crowd, stop = Crowd(line, code, Random(20), HABITS), asyncio.Event()
    revoking = asyncio.create_task(crowd.revoke_some(stop, every_s=0.3))

    async with asyncio.timeout(120):
        await asyncio.gather(*(crowd.visit(f"v:{n}", stop) for n in range(VISITORS)))
    stop.set()
    await revoking
    visits = await list_all(line, code)

    assert all(not one.done() for one in admitters)
    # A seat that a called visitor does not come to keeps the others from reaching the cap.
    assert SEATS / 2 < overlap_max(visits) <= SEATS
    assert {one.state for one in visits} >= {"finished", "ended", "revoked"}
    assert {one.member_id for one in visits} == crowd.came
    assert len(visits) == len(crowd.came)  # nobody was inside twice
    gone = len(crowd.missed - crowd.came)
    assert (len(crowd.came) + gone, gone > 0) == (VISITORS, True)
    stats = (await line.room_stats(code)).visits
    assert stats is not None
    assert stats.claimed == len(visits)
    assert stats.missed >= len(crowd.missed)
