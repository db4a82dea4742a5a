"""A real primary and standby: who was told "issued" keeps their coupon, a hang is noticed."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from sqlalchemy import Engine, event

from application.apply_settings import apply_settings
from application.failover_repair import WHO, FailoverRepair
from application.postgres_watchdog import PostgresWatchdog
from application.report_outcomes import report_outcomes
from issuance.audit import list_entries, note
from issuance.errors import OfficeAway
from issuance.issue import issue
from issuance.issued_coupons import find_held_by, list_holders
from issuance.migrate import migrate
from issuance.postgres import engine as engines
from issuance.postgres.connection_stats import count_open_connections
from issuance.postgres.engine import SETTINGS, STATEMENT_TIMEOUT_S, open_engine
from issuance.postgres.server_state import (
    COMMIT_HANGS,
    TIMELINES,
    TimelineReader,
    ping_postgres,
)
from tests.integration.cast import now, on_offer
from tests.integration.line_cast import LineOf, admit, enter, forget_room, kinds
from tests.integration.web_cast import by
from tests.postgres_pair import open_postgres_pair, run_sql
from waitroom.outcome_timeline import KEY

TOLD = ["alice", "bob", "carol"]


@pytest.fixture
def pair():
    with open_postgres_pair() as made:
        yield made


@pytest.fixture
def database_url(pair):
    engine = open_engine(pair.url, connections_max=1, name="test")
    migrate(engine)
    engine.dispose()
    return pair.url


@pytest.fixture
async def rooms(redis_url, code, raw_redis):
    """A line of two rooms, of which the second is named `scarce`."""
    scarce = f"{code}-scarce"
    opened = LineOf(redis_url, code, scarce)
    await raw_redis.delete(KEY)
    yield opened, scarce
    await raw_redis.delete(KEY)
    await opened.aclose()
    forget_room(redis_url, scarce)


class Admission:
    """Notes who holds the coupon when admission opens."""

    def __init__(self, holders) -> None:
        self._holders = holders
        self.changes = []

    @property
    def is_open(self) -> bool:
        return bool(self.changes and self.changes[-1])

    @is_open.setter
    def is_open(self, value: bool) -> None:
        self.changes.append(self._holders() if value else [])


@pytest.fixture
def watchdog(pair, engine, rooms, code):
    """A watchdog on a connection of its own, and the admission that it opens and closes."""
    watched = open_engine(pair.url, connections_max=1, name="watchdog")
    admission = Admission(lambda: list_holders(engine, code) or ["nobody yet"])
    ask = TimelineReader(watched).ping_and_read
    repair = FailoverRepair(rooms[0], watched, lambda: False)
    yield PostgresWatchdog(lambda: ask(within_s=6), admission, repair), admission
    watched.dispose()


def shorten_statement_timeout(engine: Engine) -> None:
    """Of the engine's future connections."""

    @event.listens_for(engine, "connect")
    def shorten(_driver, record) -> None:
        shorter = record.info[SETTINGS].replace(f"'{STATEMENT_TIMEOUT_S}s'", "'200ms'", 1)
        record.info[SETTINGS] = shorter


async def told(line, engine, code) -> dict[str, str]:
    """The ids of the coupons that each of TOLD got, and was told of."""
    for member in TOLD:  # in this order
        await enter(line, code, [member])
    await admit(line, code)
    await report_outcomes(line, issue(engine, code, TOLD, now()))
    return held_ids(engine, code)


def held_ids(engine, code) -> dict[str, str]:
    return {member: str(one.id) for member, one in find_held_by(engine, code, TOLD).items()}


def tried_twice(call) -> list[str]:
    """The second attempt has another connection, if the first was refused by a wrong server."""
    ends = []
    for _ in range(2):
        try:
            call()
            ends.append("done")
        except OfficeAway:
            ends.append("refused")
    return ends


async def answers(client, code) -> list[str]:
    """What each of TOLD is answered when they ask for their place."""
    asked = [await client.get(f"/api/rooms/{code}/place", headers=by(one)) for one in TOLD]
    places = [answer.json() for answer in asked]
    return [one["refusal"]["type"] if one["refusal"] else one["state"] for one in places]


def audited(engine) -> dict[tuple[str, str], int]:
    entries = [one for one in list_entries(engine) if one.who == WHO]
    return {(one.subject, one.what): one.after["count"] for one in entries}


def timelines(pair) -> list[str]:
    """As each of the queries reads it from the promoted standby, before its first checkpoint."""
    return [run_sql(pair.standby, query)[0][0] for query in TIMELINES]


async def until_open(watchdog, admission) -> None:
    async with asyncio.timeout(30):
        while not admission.is_open:
            with suppress(OfficeAway):
                await watchdog.run_once()
            await asyncio.sleep(0.05)


async def test_after_an_asynchronous_failover_all_who_were_told_have_the_same_coupon_before_others(
    pair, engine, rooms, code, watchdog, client, monkeypatch
):
    """The old primary lives on, read-only, and its connections stay open and in use."""
    monkeypatch.setattr(engines, "PING_AFTER_S", 3_600)
    (line, scarce), (watching, admission) = rooms, watchdog
    worker = open_engine(pair.url, connections_max=1, name="worker")
    await apply_settings(line, on_offer(engine, code, total=10))
    await apply_settings(line, on_offer(engine, scarce, total=3))
    pair.catch_up()
    pair.stop_replication()
    before = await told(line, engine, code)
    await told(line, worker, scarce)
    await watching.run_once()
    admission.changes.clear()

    pair.fail_over_and_fence()
    histories = timelines(pair)
    jobs = tried_twice(lambda: issue(worker, scarce, ["xavier", "yve"], now()))
    notes = tried_twice(lambda: note(engine, "test", "x", scarce, {}, now()))
    assert (jobs, notes) == (["refused", "done"], ["refused", "done"])
    lost = held_ids(engine, code)
    others = find_held_by(engine, scarce, ["xavier", "yve"])
    await until_open(watching, admission)
    worker.dispose()

    assert histories == [f"{pair.system_identifier}/2"] * 2 + ["/2"]
    assert lost == {}
    assert admission.changes[0] == []
    assert admission.changes[-1] == TOLD
    assert await kinds(line, code, TOLD) == ["issued"] * 3
    assert held_ids(engine, code) == before
    assert set(others) == {"xavier", "yve"}
    assert await answers(client, scarce) == ["issued", "coupon_lost", "coupon_lost"]
    assert audited(engine) == {
        (code, "issued coupons missing after a failover"): 3,
        (scarce, "issued coupons missing after a failover"): 3,
        (scarce, "issued coupons lost in a failover"): 2,
    }
    metrics = (await client.get("/metrics")).text
    assert f'waitroom_refused_total{{reason="coupon_lost",room="{scarce}"}} 2.0' in metrics
    assert f'waitroom_refused_total{{reason="coupon_lost",room="{code}"}} 0.0' in metrics


async def test_a_commit_that_waits_for_a_hung_standby_closes_admission_and_is_not_lost(
    pair, engine, rooms, code, watchdog, client
):
    """Not even the statement's timeout makes it look complete."""
    (line, _), (watching, admission) = rooms, watchdog
    shorten_statement_timeout(engine)
    pair.make_synchronous()
    await apply_settings(line, on_offer(engine, code))
    await watching.run_once()
    admission.changes.clear()

    with pair.hung_standby():
        commit = asyncio.create_task(asyncio.to_thread(issue, engine, code, ["alice"], now()))
        with pytest.raises(OfficeAway, match=COMMIT_HANGS):
            async with asyncio.timeout(30):
                while True:
                    await watching.run_once()
                    await asyncio.sleep(0.05)
        closed = not admission.is_open
        connections = count_open_connections(engine)
        for _ in range(5):
            with pytest.raises(OfficeAway, match=COMMIT_HANGS):
                ping_postgres(engine)
        still = count_open_connections(engine)
        ready = await client.get("/readyz")
    await commit
    await until_open(watching, admission)
    pair.kill_primary_and_promote()
    admission.changes.clear()
    await until_open(watching, admission)

    assert closed
    assert still == connections
    assert (ready.status_code, ready.json()["postgres"]) == (503, False)
    assert admission.changes[-1] == ["alice"]
