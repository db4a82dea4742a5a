"""Measures the repair after a failover of Postgres: `python -m tests.measure_repair`.

It issues OUTCOMES coupons, deletes the rows of LACKING of them as a standby might lack them, and
repairs. The servers are embedded and deleted afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence

from sqlalchemy import Engine, delete, func, select

from application import failover_repair
from application.apply_settings import apply_settings
from application.failover_repair import FailoverRepair
from application.report_outcomes import report_outcomes
from domain.room_settings import RoomSettings
from issuance.issue import issue
from issuance.issued_coupons import correct_used_count
from issuance.migrate import migrate
from issuance.postgres.engine import open_engine
from issuance.tables import coupons, issued_coupons
from tests.integration.cast import now, on_offer
from tests.servers import Servers
from waitroom.line import Line, open_line

CODE = "spring"
AT_ONCE = 1_000
LOOK_EVERY_S = 0.05


async def _issue_all(line: Line, engine: Engine, members: Sequence[str]) -> None:
    offer = on_offer(engine, CODE, total=len(members), room=RoomSettings(seats=10_000))
    await apply_settings(line, offer)
    for start in range(0, len(members), AT_ONCE):
        some = members[start : start + AT_ONCE]
        await report_outcomes(line, await asyncio.to_thread(issue, engine, CODE, some))


def _lose(engine: Engine, members: Sequence[str]) -> set[object]:
    """Delete these members' rows. Returns their ids."""
    with engine.begin() as tx:
        gone = delete(issued_coupons).where(issued_coupons.c.member_id.in_(members))
        ids = set(tx.execute(gone.returning(issued_coupons.c.id)).scalars())
    correct_used_count(engine, CODE, who="measure", now=now())
    return ids


def _used_count(engine: Engine) -> int:
    with engine.begin() as tx:
        return int(tx.execute(select(coupons.c.used_count)).scalar_one())


def _held(engine: Engine, ids: set[object]) -> int:
    with engine.begin() as tx:
        query = select(func.count()).where(issued_coupons.c.id.in_(ids))
        return int(tx.execute(query).scalar_one())


async def measure(redis_url: str, database_url: str, outcomes: int, lacking: int) -> str:
    engine = open_engine(database_url, connections_max=2, name="measure")
    watched = open_engine(database_url, connections_max=1, name="lookout")
    migrate(engine)
    line = open_line(redis_url)
    members = [f"member-{n:07}" for n in range(outcomes)]
    await _issue_all(line, engine, members)
    ids = _lose(engine, members[:: outcomes // lacking][:lacking])
    await line.audit.timeline.set("7/1")
    repair = FailoverRepair(line, watched, lambda: False)

    began, cpu_began = time.perf_counter(), time.process_time()
    running = asyncio.create_task(repair.run("7/2"))
    while await asyncio.to_thread(_used_count, engine) < outcomes:
        assert not running.done(), "the repair has ended, and coupons are missing"
        await asyncio.sleep(LOOK_EVERY_S)
    back_s = time.perf_counter() - began
    assert await running
    assert _held(engine, ids) == len(ids)
    took_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began

    await line.aclose()
    for one in (engine, watched):
        one.dispose()
    return (
        f"{len(ids)} of {outcomes} coupons were missing: back with the same ids after "
        f"{back_s:.2f} s, compared twice after {took_s:.2f} s (of which "
        f"{failover_repair.LATE_REPORT_S:.1f} s wait for late reports); "
        f"{cpu_s:.2f} processor seconds of this process"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.measure_repair", description=__doc__)
    parser.add_argument("--outcomes", type=int, default=51_000)
    parser.add_argument("--lacking", type=int, default=1_000)
    options = parser.parse_args()
    with Servers({}) as servers:
        urls = servers.redis_url, servers.database_url
        print(asyncio.run(measure(*urls, options.outcomes, options.lacking)))


if __name__ == "__main__":
    main()
