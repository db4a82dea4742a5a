"""Redis held against Postgres: each difference made on purpose is found, named, and mended."""

import asyncio
import json
import os
import subprocess
import sys

import pytest
from redis import Redis
from sqlalchemy import text

from application.apply_settings import apply_settings
from application.reconcile import Reconciliation, failed_jobs_in
from application.report_outcomes import report_outcomes
from domain.differences import KINDS
from issuance.issue import issue
from issuance.issued_coupons import list_holders
from issuance.offers import get_offer
from issuance.queue.job_queue import JobQueue, JobQueueLimits
from tests.house import ROOT
from tests.integration.cast import now, on_offer
from tests.integration.line_cast import admit, crowd, enter, kinds
from tests.integration.web_cast import ADMIN
from waitroom.redis_io.keys import Keys

QUEUE = "test-reconcile"


class Fed:
    """An office that issues at once to whoever is fed."""

    def __init__(self, engine, line) -> None:
        self.engine, self.line = engine, line

    async def free_capacity(self) -> int:
        return 1_000

    async def feed(self, code, members) -> None:
        await report_outcomes(
            self.line, await asyncio.to_thread(issue, self.engine, code, members, now())
        )


@pytest.fixture
def conveyed(conveyor):
    name = f"{QUEUE}-{os.getpid()}"
    yield conveyor, name
    for key in conveyor.scan_iter(f"rq:*:{name}*", count=1_000):
        conveyor.delete(key)


@pytest.fixture
async def books(line, engine, code, conveyed):
    """A room in which Alice, Bob and Charlie have got one, and Dora and Eve wait."""
    conveyor, name = conveyed
    await apply_settings(line, on_offer(engine, code, total=10))
    await enter(line, code, ["alice", "bob", "charlie", "dora", "eve"])
    await admit(line, code, at_most=3)
    await report_outcomes(line, issue(engine, code, ["alice", "bob", "charlie"], now()))
    return Reconciliation(line, engine, failed_jobs_in(conveyor, name), asyncio.to_thread, code)


async def look(books):
    return await books.differences(again_after_s=0.05)


async def mended(books):
    found = await look(books)
    await books.repair_found(found, who="test", now=now())
    return await look(books)


def sql(engine, command, **given) -> None:
    with engine.begin() as tx:
        tx.execute(text(command), given)


def forget_row(engine, code, member) -> None:
    command = (
        "DELETE FROM issued_coupons USING coupons WHERE code = :code AND member_id = :member"
        " AND coupon_id = coupons.id"
    )
    sql(engine, command, code=code, member=member)
    sql(engine, "UPDATE coupons SET used_count = used_count - 1 WHERE code = :code", code=code)


def stored(redis_url, engine, code, name) -> list:
    """All that both stores hold of this room."""
    with Redis.from_url(redis_url) as redis:
        kept = {key: redis.dump(key) for key in redis.scan_iter(f"waitroom:{{{code}}}:*")}
        queued = [redis.lrange(f"rq:queue:{name}", 0, -1), redis.zrange(f"rq:failed:{name}", 0, -1)]
    with engine.begin() as tx:
        rows = tx.execute(text("SELECT * FROM issued_coupons ORDER BY member_id")).all()
        stock = tx.execute(text("SELECT * FROM coupons")).all()
        audit = tx.execute(text("SELECT count(*) FROM audit")).scalar_one()
    return [kept, queued, rows, stock, audit]


async def test_a_healthy_room_has_none_also_while_some_are_under_way(books, line, code):
    await admit(line, code, at_most=1)  # Dora

    assert await look(books) == {}


async def test_who_was_told_without_a_row_is_fed_again_and_gets_one(
    books, line, engine, code, conveyed
):
    conveyor, name = conveyed
    forget_row(engine, code, "bob")
    await line.audit.set_used_count(code, 3, 2)

    found = await look(books)
    left = await mended(books)
    between = await kinds(line, code, ["bob", "alice"])
    await Fed(engine, line).feed(code, ["bob"])  # as a worker does with the job

    assert found == {"told_without_row": ["bob"]}
    assert left == {}
    assert between == ["admitted", "issued"]
    assert conveyor.llen(f"rq:queue:{name}") == 1
    assert await kinds(line, code, ["bob"]) == ["issued"]
    assert sorted(list_holders(engine, code)) == ["alice", "bob", "charlie"]
    assert await look(books) == {}


async def test_who_holds_one_and_was_never_told_is_told(books, line, engine, code):
    issue(engine, code, ["eve", "stranger"], now())
    await line.audit.set_used_count(code, 3, 5)

    found = await look(books)
    left = await mended(books)

    assert found == {"row_not_told": ["eve", "stranger"]}
    assert left == {}
    assert await kinds(line, code, ["eve", "stranger"]) == ["issued", "issued"]


async def test_a_refusal_told_to_who_holds_one_is_put_right(books, line, engine, code, redis_url):
    with Redis.from_url(redis_url) as redis:
        redis.hset(Keys(code).outcomes, "alice", "r1 sold_out")

    assert await look(books) == {"row_not_told": ["alice"]}
    assert await mended(books) == {}
    assert await kinds(line, code, ["alice"]) == ["issued"]


@pytest.mark.parametrize("wrong", [2, 7])
async def test_a_stock_that_does_not_count_its_rows_is_counted_anew(
    books, line, engine, code, wrong
):
    sql(engine, "UPDATE coupons SET used_count = :n WHERE code = :code", n=wrong, code=code)

    found = await look(books)
    left = await mended(books)

    assert found["used_count_off"] == [f"used_count {wrong}, rows 3"]
    assert left == {}
    assert get_offer(engine, code).coupon.inventory.used_count == 3
    assert (await line.room_stats(code)).used_count == 3


@pytest.mark.parametrize("wrong", [1, 9])
async def test_a_line_that_counts_otherwise_than_postgres_is_put_right(books, line, code, wrong):
    await line.audit.set_used_count(code, 3, wrong)

    found = await look(books)

    assert found == {"line_count_off": [f"line {wrong}, Postgres 3"]}
    assert await mended(books) == {}
    assert (await line.room_stats(code)).used_count == 3


async def test_who_is_overdue_and_fed_by_nobody_is_fed(books, line, code, redis_url, conveyed):
    await admit(line, code, at_most=1)
    with Redis.from_url(redis_url) as redis:
        redis.zadd(Keys(code).admitted, {"dora": 1})

    found = await look(books)
    left = await mended(books)

    conveyor, name = conveyed
    assert found == {"outcome_overdue": ["dora"]}
    assert left == {}
    assert conveyor.llen(f"rq:queue:{name}") == 1


async def test_a_failed_job_of_this_coupon_is_named_and_forgotten(books, code, conveyed):
    from rq.job import Job
    from rq.registry import FailedJobRegistry
    from rq.serializers import JSONSerializer

    conveyor, name = conveyed
    desk = JobQueue(conveyor, queue=name, limits=JobQueueLimits())
    desk.enqueue(code, ["dora"])
    desk.enqueue("another", ["eve"])
    registry = FailedJobRegistry(name, connection=conveyor, serializer=JSONSerializer)
    ids = [one.decode() for one in conveyor.lrange(f"rq:queue:{name}", 0, -1)]
    for one in ids:
        job = Job.fetch(one, connection=conveyor, serializer=JSONSerializer)
        registry.add(job, ttl=60, exc_string="of a test")

    found = await look(books)

    assert found == {"job_failed": [ids[0]]}
    assert await mended(books) == {}
    assert registry.get_job_ids() == [ids[1]]
    registry.remove(ids[1], delete_job=True)


async def spoiled(books, line, engine, code, redis_url) -> None:
    """Some of everything: Bob's row is gone, Eve's outcome is missing, Dora is overdue."""
    forget_row(engine, code, "bob")
    issue(engine, code, ["eve"], now())
    await admit(line, code, at_most=1)
    with Redis.from_url(redis_url) as redis:
        redis.zadd(Keys(code).admitted, {"dora": 1})
        redis.hset(Keys(code).room, "used_count", "8")
    sql(engine, "UPDATE coupons SET used_count = 6 WHERE code = :code", code=code)


async def test_looking_changes_nothing(books, line, engine, code, redis_url, conveyed):
    await spoiled(books, line, engine, code, redis_url)
    before = stored(redis_url, engine, code, conveyed[1])

    found = await look(books)

    assert list(found) == [kind for kind in KINDS if kind != "job_failed"]
    assert stored(redis_url, engine, code, conveyed[1]) == before


async def test_what_comes_between_the_two_looks_is_no_difference(
    books, line, engine, code, monkeypatch
):
    await admit(line, code, at_most=2)
    committed = issue(engine, code, ["dora", "eve"], now())
    await line.audit.lease(code, ["dora", "eve"], for_s=-60)  # so that nothing excuses them

    async def report(_seconds: float) -> None:
        await report_outcomes(line, committed)

    monkeypatch.setattr("application.reconcile.asyncio.sleep", report)
    assert await books.differences() == {}


async def test_while_a_crowd_is_issued_to_there_is_no_difference(line, engine, code, conveyed):
    await apply_settings(line, on_offer(engine, code, total=3_000))
    await enter(line, code, crowd(2_500))
    books = Reconciliation(line, engine, failed_jobs_in(*conveyed), asyncio.to_thread, code)
    office, found = Fed(engine, line), []

    async def issuing() -> None:
        while (await line.room_stats(code)).in_line:
            admission = await admit(line, code, at_most=50)
            await office.feed(code, admission.members)

    crowd_goes = asyncio.create_task(issuing())
    while not crowd_goes.done():
        found.append(await books.differences(again_after_s=0.3))
    await crowd_goes

    assert found
    assert set(map(len, found)) == {0}


async def test_the_command_says_mends_and_ends_with_1_while_something_is_left(
    books, line, engine, code, redis_url, database_url, conveyed
):
    await spoiled(books, line, engine, code, redis_url)
    environ = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "QUEUE_NAME": conveyed[1]}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "cli", "reconcile", code, *words]
        return subprocess.run(
            argv, cwd=ROOT, env={**os.environ, **environ}, capture_output=True, text=True
        )

    said = await asyncio.to_thread(run)
    mending = await asyncio.to_thread(run, "--repair", "--json")

    assert said.returncode == 1, said.stderr
    assert "told_without_row" in said.stdout
    assert "Nothing was changed" in said.stdout
    assert mending.returncode == 0, mending.stdout
    assert json.loads(mending.stdout)["found"]["row_not_told"] == ["eve"]
    assert json.loads(mending.stdout)["left"] == {}


async def test_an_admin_reads_the_findings(client, books, engine, code):
    forget_row(engine, code, "bob")

    answer = await client.get(f"/api/admin/rooms/{code}/reconcile", headers=ADMIN)
    nowhere = await client.get("/api/admin/rooms/nothing/reconcile", headers=ADMIN)
    nobody = await client.get(f"/api/admin/rooms/{code}/reconcile")

    findings = {one["kind"]: one for one in answer.json()["findings"]}
    assert findings.get("told_without_row") == {
        "kind": "told_without_row", "count": 1, "examples": ["bob"]
    }  # fmt: skip
    assert (nowhere.status_code, nobody.status_code) == (404, 401)
