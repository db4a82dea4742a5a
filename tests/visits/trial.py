"""Trial: visitors in front of a site, while processes are killed and Redis restarts."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from processes.embedded import EmbeddedPostgres, EmbeddedValkey
from tests.faults.servers import start_postgres, start_server
from tests.house import House, Process, eventually
from tests.integration.visit_cast import a_site_room
from tests.visits.crowd import Crowd, rest
from tests.visits.judge import list_all, overlap_max, percentile
from tests.visits.sampler import Sampler
from topology.async_redis import open_async_redis
from waitroom.line import Line, open_line
from waitroom.stats.visit_stats import VisitStats
from waitroom.visits.visit import Visit

# Far below what an admin may set, so that many visits begin and end, and calls are missed.
RULES = {"session_s": 4, "claim_s": 1, "return_s": 60, "restore_s": 4, "passthrough": "auto"}
RATE = {"rate_per_s": 1_000, "burst": 1_000}
DOWN_S = 1.0
# Seats of called visitors, some of whom do not come, keep the visits below the cap.
NEAR_THE_CAP = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """crowds: processes of visitors; one of them is killed, and its visitors never come back."""

    seconds: float = 60.0
    visitors: int = 2_000
    seats: int = 50
    admitters: int = 3
    crowds: int = 4
    seed: int = 20


@dataclass(slots=True)
class Result:
    plan: Plan
    visits: list[Visit]
    stats: VisitStats
    sampler: Sampler
    revoked: int
    happened: list[str]
    faults: list[str] = field(default_factory=list)

    def judge(self) -> list[str]:
        """What was wrong; empty if nothing was."""
        most, seats = overlap_max(self.visits), self.plan.seats
        states = {one.state for one in self.visits}
        wrong = list(self.faults)
        if most > seats:
            wrong.append(f"{most} visits overlap, of {seats} seats")
        if self.sampler.taken_most > seats:
            wrong.append(f"{self.sampler.taken_most} seats were taken, of {seats}")
        if most < seats * NEAR_THE_CAP:
            wrong.append(f"only {most} visits overlap: the cap was never near")
        if len(self.visits) != self.stats.claimed:
            wrong.append(f"{len(self.visits)} records of {self.stats.claimed} visits")
        if missing := {"finished", "ended", "revoked"} - states:
            wrong.append(f"no visit was {', '.join(sorted(missing))}")
        if not self.stats.missed:
            wrong.append("nobody missed a call")
        return wrong

    def sentences(self) -> list[str]:
        plan, seen = self.plan, self.sampler
        states = Counter(one.state for one in self.visits)
        handed_on = len(self.visits) + self.stats.missed
        took = [0.0] * max(0, handed_on - len(seen.handed_on_s)) + seen.handed_on_s
        counts = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
        size = f"{plan.visitors} visitors, {plan.seats} seats, {plan.admitters} admitters"
        calls = f"{self.stats.missed} calls missed"
        median_s, p99_s = percentile(took, 0.5), percentile(took, 0.99)
        return [
            f"{size}, {plan.seconds:g} s, seed {plan.seed}",
            f"happened: {', '.join(self.happened)}",
            f"{self.stats.claimed} visits: {counts}; {calls}",
            f"greatest overlap of [claimed, ended): {overlap_max(self.visits)}",
            f"most seats taken in {seen.looks} looks: {seen.taken_most}, inside {seen.inside_most}",
            f"a free seat was called after {median_s:.3f} s (median), {p99_s:.3f} s (p99)",
        ]


class Trial:
    """Starts everything that a plan needs, and ends it with `stack`."""

    def __init__(self, plan: Plan, folder: Path, stack: ExitStack) -> None:
        self._plan = plan
        self._folder = folder
        self._code = f"shop-{secrets.token_hex(3)}"
        postgres = EmbeddedPostgres(folder / "postgres")
        stack.callback(postgres.erase)
        start_postgres(postgres)
        self._valkey = EmbeddedValkey(folder / "valkey", durable=True)
        stack.callback(self._valkey.erase)
        start_server(self._valkey)
        self._house = House(postgres.url, self._valkey.url, folder)
        stack.callback(self._house.close)
        self._happened: list[str] = []

    async def run(self) -> Result:
        plan = self._plan
        line = open_line(self._valkey.url, timeout_s=5.0)
        room = a_site_room(self._code, seats=plan.seats, **RULES, **RATE)
        await line.apply_settings(replace(room, total_count=1_000_000_000))
        admitters = [self._house.start("admitter") for _ in range(plan.admitters)]
        web = await asyncio.to_thread(self._house.start_web)
        crowds = [self._start_crowd(n) for n in range(plan.crowds)]
        redis = open_async_redis(self._valkey.url, connections_max=2, socket_timeout=2.0)
        sampler, stop = Sampler(redis, self._code, plan.seats), asyncio.Event()
        crowd = Crowd(line, self._code, Random(plan.seed))
        working = [
            asyncio.create_task(sampler.run(stop)),
            asyncio.create_task(crowd.revoke_some(stop, every_s=0.5)),
        ]
        await self._wreck(admitters, crowds, web)
        for process in crowds:
            await asyncio.to_thread(self._house.stop, process)
        stop.set()
        _, revoked = await asyncio.gather(*working)
        result = await self._result(line, sampler, int(revoked or 0))
        await line.aclose()
        await redis.aclose()
        return result

    async def _wreck(self, admitters: list[Process], crowds: list[Process], web: Process) -> None:
        """Kill and restart, at a quarter, at half and at three quarters of the time."""
        quarter, stop = self._plan.seconds / 4, asyncio.Event()
        await rest(quarter, stop)
        await self._kill("an admitter killed", admitters.pop())
        await rest(DOWN_S, stop)
        admitters.append(self._house.start("admitter"))
        await rest(quarter - DOWN_S, stop)
        await asyncio.to_thread(self._restart_redis)
        self._happened.append("Redis killed and restarted")
        await rest(quarter, stop)
        await self._kill("web killed", web)
        await self._kill("a quarter of the visitors gone at once", crowds.pop())
        await asyncio.to_thread(self._house.start_web)
        await rest(quarter, stop)

    async def _kill(self, what: str, process: Process) -> None:
        await asyncio.to_thread(self._house.kill, process)
        self._happened.append(what)

    def _restart_redis(self) -> None:
        pid = self._valkey.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: self._valkey.pid is None)
        start_server(self._valkey)

    def _start_crowd(self, number: int) -> Process:
        plan = self._plan
        count = plan.visitors // plan.crowds
        given = (self._valkey.url, self._code, plan.seed + number, number * count, count)
        words = [sys.executable, "-m", "tests.visits.crowd_process", *map(str, given)]
        return self._house.run(words, log=self._folder / f"crowd-{number}.log")

    async def _result(self, line: Line, sampler: Sampler, revoked: int) -> Result:
        visits = await list_all(line, self._code)
        stats = (await line.room_stats(self._code)).visits
        assert stats is not None
        return Result(self._plan, visits, stats, sampler, revoked, self._happened)


def run_trial(plan: Plan, folder: Path, tell: Callable[[str], None] = print) -> list[str]:
    """Run the plan and print its result; returns what was wrong."""
    with ExitStack() as stack:
        result = asyncio.run(Trial(plan, folder, stack).run())
    for sentence in result.sentences():
        tell(sentence)
    return result.judge()
