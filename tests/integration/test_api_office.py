"""The office's door: how many may be inside, how many may wait for it, and for how long."""

import asyncio
import threading

import pytest

from application.office import Office
from issuance.errors import OfficeAway
from tests.integration.cast import on_offer
from tests.integration.web_cast import app_with, by, checked_problem, client_of, until
from web.limits.limit_values import WebLimits


class Query:
    """Holds whoever asks it until it may answer, and knows how many it holds."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.inside = self.most = 0
        self._lock = threading.Lock()

    def __call__(self) -> str:
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        assert self.may_answer.wait(10)
        with self._lock:
            self.inside -= 1
        return "an answer"


@pytest.fixture
def query():
    asked = Query()
    yield asked
    asked.may_answer.set()


async def test_no_more_are_inside_than_there_are_connections(query):
    office = Office(WebLimits(db_connections=3, db_wait_s=3_600))

    asking = [asyncio.create_task(office.run(query)) for _ in range(10)]
    await until(lambda: query.inside >= 3)
    await asyncio.sleep(0.05)
    query.may_answer.set()
    answers = await asyncio.gather(*asking)

    assert answers == ["an answer"] * 10
    assert query.most == 3


async def test_who_finds_too_many_waiting_is_turned_away_at_once(query):
    office = Office(WebLimits(db_connections=1, db_waiting_max=2, db_wait_s=3_600))
    asking = [asyncio.create_task(office.run(query))]
    await until(lambda: query.inside == 1)
    asking += [asyncio.create_task(office.run(query)) for _ in range(2)]
    await asyncio.sleep(0.01)

    with pytest.raises(OfficeAway):
        await asyncio.wait_for(office.run(query), 30)

    query.may_answer.set()
    assert await asyncio.gather(*asking) == ["an answer"] * 3


async def test_waiting_ends(query):
    office = Office(WebLimits(db_connections=1, db_wait_s=0.05))
    first = asyncio.create_task(office.run(query))
    await until(lambda: query.inside == 1)

    second = asyncio.create_task(office.run(query))
    await asyncio.wait([second], timeout=30)
    ended = second.done()

    query.may_answer.set()
    assert await first == "an answer"
    assert ended, "still waiting"
    assert isinstance(second.exception(), OfficeAway)
    assert await office.run(query) == "an answer"


async def test_who_goes_away_does_not_let_another_in_before_the_query_ends(query):
    office = Office(WebLimits(db_connections=1, db_wait_s=0.1))
    gone = asyncio.create_task(office.run(query))
    await until(lambda: query.inside == 1)

    gone.cancel()
    with pytest.raises(OfficeAway):
        await office.run(query)
    query.may_answer.set()
    await until(lambda: query.inside == 0)

    assert await office.run(query) == "an answer"
    assert gone.cancelled()
    assert query.most == 1


async def test_who_goes_away_while_waiting_frees_their_place_in_the_queue(query):
    office = Office(WebLimits(db_connections=1, db_waiting_max=1, db_wait_s=3_600))
    first = asyncio.create_task(office.run(query))
    await until(lambda: query.inside == 1)
    gone = asyncio.create_task(office.run(query))
    await asyncio.sleep(0.01)

    gone.cancel()
    await asyncio.sleep(0.01)
    next_one = asyncio.create_task(office.run(query))
    query.may_answer.set()

    assert await asyncio.gather(first, next_one) == ["an answer"] * 2


async def test_what_goes_wrong_inside_is_told_and_the_door_stays_open():
    office = Office(WebLimits(db_connections=1))

    def broken() -> None:
        raise ZeroDivisionError

    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await office.run(broken)
    assert await office.run(lambda: "an answer") == "an answer"


async def test_a_crowd_at_the_office_is_told_to_come_again(parts, engine, code):
    on_offer(engine, code, total=100, issuing="pessimistic")
    limits = WebLimits(db_connections=1, db_waiting_max=3, db_wait_s=3_600)

    async with client_of(app_with(parts, limits=limits)) as client:
        answers = await asyncio.gather(
            *(
                client.post(f"/api/coupons/{code}/issue", headers=by(f"member-{n}"))
                for n in range(30)
            )
        )

    told = [one.status_code for one in answers]
    assert set(told) == {201, 503}
    assert told.count(201) >= 3
    for answer in answers:
        if answer.status_code == 503:
            checked_problem(answer, "unavailable", 503)
