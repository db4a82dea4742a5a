"""Trial: one seed from the first process to the verdict. Run as a process by `run`."""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import uvloop

from cli.open_files import raise_limit
from load.machine import cpu_s as cpu_s_of
from tests.faults.members import Answer, Crowd
from tests.faults.promises import Broken, Evidence, Row, judge
from tests.faults.schedule import HEALED_S, Fault, draw
from tests.faults.world import World

CODE = "spring"
MEMBERS, COUPONS = 2_000, 500
FAULTS_MIN = 5
# Members ask every two seconds; while web is away too, or the machine is busy, they come later.
RESTORE_S = 30
# Once all is whole again: until then everybody must have a final word.
FINAL_WITHIN_S = 90.0
SAMPLE_EVERY_S = 0.25
STORIES_MAX = 10
# Of those who were told that it is sold out, each so-manieth is asked once more.
OTHERS_EACH = 5


@dataclass(slots=True)
class Result:
    """What became of a seed. cpu_s: processor time of everything that was started for it."""

    seed: int
    faults: list[str] = field(default_factory=list)
    members: int = 0
    issued: int = 0
    refused: int = 0
    answers: int = 0
    no_answer: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    connections: str = ""
    broken: list[dict[str, str]] = field(default_factory=list)
    stories: dict[str, list[str]] = field(default_factory=dict)


class Trial:
    def __init__(self, seed: int, folder: Path, *, losses: bool) -> None:
        self.plan = draw(seed, losses=losses)
        self.world = World(folder, self.plan)
        self.applied: list[str] = []
        self.connections: list[int] = []
        self.losses = losses
        self.forgets = False
        self._began_s = time.monotonic()

    async def run(self) -> Result:
        try:
            await self.world.start()
            await asyncio.to_thread(self._offer)
            return await self._run()
        finally:
            await self.world.close()

    def _offer(self) -> None:
        rate = self.plan.rate_per_s
        more: dict[str, Any] = {"restore_s": RESTORE_S} if self.losses else {}
        self.world.house.offer(CODE, COUPONS, rate_per_s=rate, burst=rate, seats=200, **more)

    async def _run(self) -> Result:
        house = self.world.house
        crowd = Crowd(house.port, CODE, self.plan.seed, MEMBERS, house.identity.mint)
        sampling = asyncio.create_task(self._sample())
        self._mark("the crowd sets out")
        lives = asyncio.create_task(crowd.live())
        await self._break_all()
        self._mark("whole again")
        await self._finish(lives)
        self._mark("everybody has a final word, or never will")
        once_more = await self._once_more(crowd)
        sampling.cancel()
        self._mark("everybody was asked once more")
        evidence = await self._evidence(crowd, once_more)
        self._mark("counted and reconciled")
        await self.world.end_commands()
        return self._result(evidence)

    def _mark(self, what: str) -> None:
        """Into the log: what took how long."""
        own = resource.getrusage(resource.RUSAGE_SELF)
        cpu_s = {name: round(cpu_s_of(pid), 1) for name, pid in self.world.pids().items()}
        print(
            f"{time.monotonic() - self._began_s:6.1f} s  {what}; processor seconds: "
            f"trial {own.ru_utime + own.ru_stime:.1f}, {cpu_s}",
            flush=True,
        )

    async def _break_all(self) -> None:
        """Every fault at its time; all is over at HEALED_S or, on a busy machine, soon after."""
        began_s = asyncio.get_running_loop().time()

        async def one(fault: Fault) -> None:
            await asyncio.sleep(began_s + fault.at_s - asyncio.get_running_loop().time())
            at_s = asyncio.get_running_loop().time() - began_s
            await self.world.apply(fault)
            self.forgets |= fault.kind.startswith("lose")
            over_s = asyncio.get_running_loop().time() - began_s
            self.applied.append(f"{fault}  (broken at {at_s:.1f} s, over at {over_s:.1f} s)")

        async with asyncio.TaskGroup() as group:
            for fault in self.plan.faults:
                group.create_task(one(fault))
        await asyncio.sleep(began_s + HEALED_S - asyncio.get_running_loop().time())

    async def _finish(self, lives: asyncio.Task[None]) -> None:
        """All is whole: the rate is turned up, and everybody gets their final word, or is stuck."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FINAL_WITHIN_S):
                await self.world.until(self._turned_up, within_s=FINAL_WITHIN_S)
                await lives
        lives.cancel()

    def _turned_up(self) -> bool:
        return self.world.admin("PATCH", f"/rooms/{CODE}", {"rate_per_s": 1_000, "burst": 100})

    async def _once_more(self, crowd: Crowd) -> Mapping[str, Answer]:
        """Of everybody who holds one or was told so, and of some of the others."""
        rows, _ = await asyncio.to_thread(self._rows)
        holders = {row.member_id for row in rows}
        before = {record.member_id: len(record.answers) for record in crowd.records}
        await crowd.ask_once_more(
            record.member_id in holders or record.final == "issued" or number % OTHERS_EACH == 0
            for number, record in enumerate(crowd.records)
        )
        return {
            record.member_id: record.answers.pop()
            for record in crowd.records
            if len(record.answers) > before[record.member_id]
        }

    async def _sample(self) -> None:
        """How many connections of ours Postgres has; while it is away, none can be counted."""
        count = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'waitroom %'"
        while True:
            with suppress(psycopg.Error, TimeoutError, OSError):
                async with await psycopg.AsyncConnection.connect(
                    self.world.postgres.url, autocommit=True, connect_timeout=2
                ) as connection:
                    while True:
                        async with asyncio.timeout(1.0):
                            row = await (await connection.execute(count)).fetchone()
                        assert row is not None
                        self.connections.append(int(row[0]))
                        await asyncio.sleep(SAMPLE_EVERY_S)
            await asyncio.sleep(SAMPLE_EVERY_S)

    async def _evidence(self, crowd: Crowd, once_more: Mapping[str, Answer]) -> Evidence:
        rows, used_count = await asyncio.to_thread(self._rows)
        reconciled = await self._reconcile()
        return Evidence(
            total_count=COUPONS,
            members=crowd.records,
            rows=rows,
            used_count=used_count,
            once_more=once_more,
            connections=self.connections,
            connections_bound=self.world.connections_bound,
            found=reconciled["found"],
            left=reconciled["left"],
            fell_over=self.world.fell_over,
            forgets=self.forgets,
        )

    def _rows(self) -> tuple[list[Row], int]:
        with psycopg.connect(self.world.postgres.url) as connection:
            found = connection.execute("SELECT id::text, member_id FROM issued_coupons").fetchall()
            used = connection.execute("SELECT used_count FROM coupons").fetchone()
        assert used is not None
        return [Row(*one) for one in found], int(used[0])

    async def _reconcile(self) -> dict[str, dict[str, Sequence[str]]]:
        """`waitroom reconcile --repair`, as an admin would run it; what it found, what is left."""
        words = ("reconcile", CODE, "--repair", "--json")
        code, printed = await self.world.run(*words, within_s=60)
        try:
            said: dict[str, Any] = json.loads(printed)
        except ValueError:
            return {"found": {f"it ended with {code}": [printed[-500:]]}, "left": {}}
        return said

    def _result(self, seen: Evidence) -> Result:
        broken = judge(seen)
        if len(self.applied) < FAULTS_MIN:
            broken.append(Broken("five faults", "schedule", f"{len(self.applied)} were applied"))
        said = [one.said for record in seen.members for one in record.answers]
        finals = [record.final for record in seen.members]
        return Result(
            seed=self.plan.seed,
            faults=self.applied,
            members=len(seen.members),
            issued=len(seen.rows),
            refused=finals.count("sold_out"),
            answers=len(said),
            no_answer=sum(one.startswith("no answer") for one in said),
            seconds=round(time.monotonic() - self._began_s, 1),
            connections=f"{max(seen.connections, default=0)} of {seen.connections_bound}",
            broken=[asdict(one) for one in broken],
            stories=_stories(seen, broken),
        )


def _stories(seen: Evidence, broken: Sequence[Broken]) -> dict[str, list[str]]:
    """What the members were told to whom a promise was broken; the first few of them."""
    subjects = {one.subject for one in broken}
    told = [record for record in seen.members if record.member_id in subjects][:STORIES_MAX]
    return {record.member_id: [str(answer) for answer in record.answers] for record in told}


async def _until_told_to_stop(trial: Trial) -> Result:
    """SIGTERM and SIGINT end a trial as its own end does: with everything cleaned up."""
    running = asyncio.ensure_future(trial.run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    return await running


def run_trial(seed: int, folder: Path, *, losses: bool) -> None:
    """Leaves `result.json` in the folder, which must be open to the user Postgres runs as."""
    raise_limit()
    trial = Trial(seed, folder, losses=losses)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        result = runner.run(_until_told_to_stop(trial))
    result.cpu_s = round(_cpu_s(), 1)
    new = folder / "result.new"
    new.write_text(json.dumps(asdict(result)))
    new.rename(folder / "result.json")


def _cpu_s() -> float:
    """Of this process and of all that have ended under it."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
