"""Another timeline of Postgres: repaired before admission opens, for a bounded time."""

from __future__ import annotations

import re
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import event

from application import failover_repair
from application.apply_settings import apply_settings
from application.failover_repair import FailoverRepair
from application.postgres_watchdog import PostgresWatchdog
from issuance.errors import OfficeAway
from issuance.issue import issue as issue_in_postgres
from issuance.issued_coupons import find_held_by, list_holders
from issuance.postgres.engine import open_engine
from issuance.postgres.server_state import TimelineReader
from tests.integration.cast import on_offer, time_passes
from tests.integration.line_cast import LineOf, admit, enter, issue, kinds
from tests.integration.test_statement_errors import signed_in_as_a_role
from waitroom.outcome_timeline import KEY

BEFORE, AFTER = "7/1", "7/2"
MANY = 5_000
MEMBERS = ["alice", "bob"]
WAL, CONTROL = "pg_walfile_name(pg_lsn)", "pg_control_system()"


class Admission:
    is_open = True


@pytest.fixture
async def room(redis_url, code, raw_redis):
    await raw_redis.delete(KEY)
    opened = LineOf(redis_url, code)
    yield opened
    await raw_redis.delete(KEY)
    await opened.aclose()


@pytest.fixture
async def told(room, engine, code) -> list[str]:
    """Members with an issued outcome in the line, and no row in Postgres."""
    await apply_settings(room, on_offer(engine, code))
    await enter(room, code, MEMBERS)
    await admit(room, code)
    await issue(room, code, len(MEMBERS), MEMBERS)
    return MEMBERS


class Watch:
    """A watchdog of a process of its own, to which Postgres answers `history`."""

    def __init__(self, line, engine, *, stops: bool = False) -> None:
        self.history = BEFORE
        self.admission = Admission()
        repair = FailoverRepair(line, engine, lambda: stops)
        self._watchdog = PostgresWatchdog(lambda: self.history, self.admission, repair)

    async def look(self, history: str) -> bool:
        """Whether admission is open after one look."""
        self.history = history
        await self._watchdog.run_once()
        return self.admission.is_open


async def test_the_first_timeline_is_only_remembered(room, engine, code, told):
    watch = Watch(room, engine)

    assert await watch.look(BEFORE)
    assert await room.audit.timeline.get() == BEFORE
    assert find_held_by(engine, code, told) == {}


async def test_another_timeline_is_noticed_although_redis_forgot_the_one_before(
    room, engine, code, told, raw_redis
):
    watch = Watch(room, engine)
    await watch.look(BEFORE)
    await raw_redis.delete(KEY)

    assert await watch.look(AFTER)
    assert set(find_held_by(engine, code, told)) == set(told)
    assert await kinds(room, code, told) == ["issued"] * 2


async def test_a_process_that_starts_after_the_failover_repairs_too(room, engine, code, told):
    await Watch(room, engine).look(BEFORE)

    assert await Watch(room, engine).look(AFTER)
    assert set(find_held_by(engine, code, told)) == set(told)


async def test_thousands_of_outcomes_are_compared_in_one_query(room, engine, code):
    """A round trip for each thousand would keep admission closed for several times as long."""
    await apply_settings(room, on_offer(engine, code, total=MANY))
    members = [f"member-{n}" for n in range(MANY)]
    issued_to = members[: MANY // 2]
    await issue(room, code, MANY, members)
    issue_in_postgres(engine, code, issued_to)
    queries = []
    watch = Watch(room, engine)
    await watch.look(BEFORE)

    event.listen(engine, "before_cursor_execute", lambda *call: queries.append(call[2]))
    is_open = await watch.look(AFTER)
    compared = [one for one in queries if "issued_coupons" in one]

    assert is_open
    assert set(list_holders(engine, code)) == set(members)
    assert len(compared) == 2  # it compares twice


async def test_a_process_that_must_stop_leaves_the_repair_to_the_next(room, engine, code, told):
    await Watch(room, engine).look(BEFORE)

    assert not await Watch(room, engine, stops=True).look(AFTER)
    assert await room.audit.timeline.get() == BEFORE


async def test_while_a_store_is_away_the_repair_goes_on_trying(room, engine, engine_away, told):
    await Watch(room, engine).look(BEFORE)
    watch = Watch(room, engine_away)

    for _ in range(2):
        with pytest.raises(OfficeAway):
            await watch.look(AFTER)

    assert not watch.admission.is_open
    assert await room.audit.timeline.get() == BEFORE


async def test_a_repair_that_takes_too_long_does_not_keep_admission_closed(
    room, engine, code, told, monkeypatch
):
    watch = Watch(room, engine)
    await watch.look(BEFORE)
    with monkeypatch.context() as patch:
        patch.setattr(failover_repair, "GIVE_UP_AFTER_S", 0)
        is_open = await watch.look(AFTER)
    held = find_held_by(engine, code, told)
    other_process = await Watch(room, engine).look(AFTER)

    assert (is_open, held) == (True, {})
    assert other_process
    assert set(find_held_by(engine, code, told)) == set(told)


async def test_a_coupon_that_has_ended_is_neither_issued_again_nor_called_lost(
    room, engine, code, told
):
    await Watch(room, engine).look(BEFORE)
    time_passes(engine, timedelta(hours=2))

    assert await Watch(room, engine).look(AFTER)
    assert find_held_by(engine, code, told) == {}
    assert await room.audit.filter_issued(code, told) == told


@pytest.mark.parametrize(
    ("forbidden", "pattern"),
    [
        ((), r"\d+/1"),
        ((WAL,), r"\d+/1"),
        ((CONTROL,), r"/1"),
        ((WAL, CONTROL), r""),
    ],
    ids=["all permitted", "no WAL", "no control file", "neither"],
)
def test_a_postgres_that_permits_less_still_tells_its_timeline(database_url, forbidden, pattern):
    """As hosted services do."""
    with signed_in_as_a_role(database_url) as (_, url):
        with psycopg.connect(database_url, autocommit=True) as db:
            for function in forbidden:
                db.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
        engine = open_engine(url, connections_max=1, name="test")
        reader = TimelineReader(engine)
        found = [reader.ping_and_read(within_s=10) for _ in range(2)]
        engine.dispose()

    for one in found:
        assert re.fullmatch(pattern, one)
