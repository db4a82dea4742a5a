"""Trial: one seed from the first process to the verdict. Run as a process by `run`."""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import uvloop

from load.bench.process_usage import cpu_s as cpu_s_of
from processes.open_files import raise_limit
from tests.faults.admin_changes import Admin
from tests.faults.evidence import Evidence, Row
from tests.faults.members import Answer, Crowd
from tests.faults.openings import AdminChange
from tests.faults.result import Result, result_of
from tests.faults.schedule import HEALED_S, ClockStep, Fault, draw
from tests.faults.world import World

CODE = "spring"
MEMBERS, COUPONS = 2_000, 500
# Members ask every two seconds; while web is away too, or the machine is busy, they come later.
RESTORE_S = 30
# Once all is whole again: until then everybody must have a final word.
FINAL_WITHIN_S = 90.0
SAMPLE_EVERY_S = 0.25
# Of those who were refused, each so-manieth is asked once more.
OTHERS_EACH = 5
# A room that is open when the crowd sets out has been so for long; all end long after the run.
OPEN_SINCE_S, END_S = -3_600.0, 86_400.0


class Trial:
    def __init__(self, seed: int, folder: Path, *, losses: bool) -> None:
        self.plan = draw(seed, losses=losses)
        self.world = World(folder, self.plan)
        self.applied: list[str] = []
        self.connections: list[int] = []
        self.losses = losses
        self.forgets = False
        self.admin: Admin
        self.holders_before: Collection[str] = ()
        self._began_s = time.monotonic()
        self._set_out_s = 0.0

    async def run(self) -> Result:
        try:
            await self.world.start()
            return await self._run()
        finally:
            await self.world.close()

    def _offer(self, began: datetime) -> None:
        """The room as it is planned, by the moment at which the crowd sets out."""
        rate, room = self.plan.rate_per_s, self.plan.room
        more: dict[str, Any] = {"restore_s": RESTORE_S} if self.losses else {}
        opens_s = room.opens_s or OPEN_SINCE_S
        self.world.house.offer(
            CODE,
            COUPONS,
            opens_at=began + timedelta(seconds=opens_s),
            rate_per_s=rate,
            burst=rate,
            seats=200,
            opening=room.order,
            lobby_s=room.lobby_s,
            **more,
        )
        self.admin = Admin(
            self.world.house,
            CODE,
            began,
            now_s=self._now_s,
            redis_url=lambda: self.world.valkey.url,
            values={"opens_at": opens_s, "total_count": COUPONS, "state": "open"},
        )

    def _now_s(self) -> float:
        """Seconds after the crowd set out."""
        return asyncio.get_running_loop().time() - self._set_out_s

    async def _run(self) -> Result:
        house = self.world.house
        crowd = Crowd(house.port, CODE, self.plan.seed, MEMBERS, house.identity.sign)
        sampling = asyncio.create_task(self._sample())
        self._set_out_s = asyncio.get_running_loop().time()
        await asyncio.to_thread(self._offer, datetime.now(UTC))
        self._mark("the crowd sets out")
        lives = asyncio.create_task(crowd.live(self._set_out_s))
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
        seconds = time.monotonic() - self._began_s
        return result_of(self.plan, evidence, self.applied, seconds=seconds)

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
        async with asyncio.TaskGroup() as group:
            for fault in self.plan.faults:
                group.create_task(self._at(fault.at_s, self._break, fault))
            for step in self.plan.steps:
                group.create_task(self._at(step.at_s, self._step, step))
            group.create_task(self._change_all())
        await asyncio.sleep(HEALED_S - self._now_s())

    async def _at(self, at_s: float, work: Callable[[Any], Awaitable[None]], what: Any) -> None:
        await asyncio.sleep(at_s - self._now_s())
        await work(what)

    async def _break(self, fault: Fault) -> None:
        at_s = self._now_s()
        await self.world.apply(fault)
        self.forgets |= fault.kind.startswith("lose")
        self.applied.append(f"{fault}  (broken at {at_s:.1f} s, over at {self._now_s():.1f} s)")

    async def _step(self, step: ClockStep) -> None:
        self.world.clocks.set(step.clock, step.offset_s)

    async def _change_all(self) -> None:
        """One after another, as one admin would."""
        for change in self.plan.room.changes:
            await self._at(change.at_s, self._change, change)

    async def _change(self, change: AdminChange) -> None:
        await self.admin.make(change)

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
        self.holders_before = holders = {row.member_id for row in rows}
        before = {record.member_id: len(record.answers) for record in crowd.records}
        await crowd.ask_once_more(
            record.member_id in holders or record.final == "issued" or number % OTHERS_EACH == 0
            for number, record in enumerate(crowd.records)
        )
        told = {}
        for record in crowd.records:
            count = before[record.member_id]
            if len(record.answers) > count:
                told[record.member_id] = record.answers[-1]
                del record.answers[count:]
        return told

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
        room = self.plan.room
        is_draw = bool(room.opens_s) and room.order == "draw"
        return Evidence(
            total_count=self.admin.values["total_count"],
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
            holders_before=self.holders_before,
            opens_s=room.opens_s,
            changes=self.admin.made,
            in_force=await self.admin.in_force(),
            numbers=await asyncio.to_thread(self._numbers) if is_draw else None,
            is_draw=is_draw,
            clocks=self.world.clocks.seen(),
        )

    def _numbers(self) -> dict[str, int] | None:
        """Of each entrant of the draw, by its record."""
        path = f"/api/admin/rooms/{CODE}/draw/record"
        house = self.world.house
        status, record = house.call("GET", path, token=house.admin_token)
        if status >= 300:
            return None
        return dict(zip(record["members"], record["numbers"], strict=True))

    def _rows(self) -> tuple[list[Row], int]:
        with psycopg.connect(self.world.postgres.url) as connection:
            found = connection.execute(
                "SELECT id::text, member_id, pg_xact_commit_timestamp(xmin) FROM issued_coupons"
            ).fetchall()
            used = connection.execute("SELECT used_count FROM coupons").fetchone()
        assert used is not None
        rows = [Row(id_, member_id, self.admin.seconds(at)) for id_, member_id, at in found]
        return rows, int(used[0])

    async def _reconcile(self) -> dict[str, dict[str, Sequence[str]]]:
        """`waitroom reconcile --repair`, as an admin would run it; what it found, what is left."""
        words = ("reconcile", CODE, "--repair", "--json")
        code, printed = await self.world.run(*words, within_s=60)
        try:
            said: dict[str, Any] = json.loads(printed)
        except ValueError:
            return {"found": {f"it ended with {code}": [printed[-500:]]}, "left": {}}
        return said


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
