"""Trial: runs one seed, from starting the processes to the verdict."""

from __future__ import annotations

import asyncio
import json
import resource
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from redis import Redis

from domain.unix_time import to_us
from load.bench.process_usage import cpu_s as cpu_s_of
from tests.faults.admin_changes import Admin
from tests.faults.autopilot_seen import SETTINGS, AutopilotSeen
from tests.faults.connections import ConnectionSampler
from tests.faults.evidence import Evidence, Row, WorkerRefusal
from tests.faults.members import Answer, Crowd, said_of
from tests.faults.modes import Mode, plan_of
from tests.faults.openings import AdminChange
from tests.faults.result import Result, result_of
from tests.faults.schedule import ClockStep, Fault
from tests.faults.shop import signer
from tests.faults.two_hosts import TwoHosts
from tests.faults.unanswered import describe_unanswered
from tests.faults.world import World
from waitroom.redis_io.keys import Keys

CODE = "spring"
# Members poll every two seconds, but later while web is down or the host is busy.
RESTORE_S = 30
# Time for all final answers, once all faults are over.
FINAL_WITHIN_S = 90.0
# Time to enter once more, if some have none: nobody may get one then.
ONCE_MORE_WITHIN_S = 60.0
# One in so many refused members enters once more.
OTHERS_EACH = 5
# The opening of rooms that are open before the run, and the end of all.
OPEN_SINCE_S, END_S = -3_600.0, 86_400.0


class Trial:
    def __init__(self, seed: int, folder: Path, mode: Mode) -> None:
        self.plan = plan_of(seed, mode)
        self.world = (TwoHosts if self.plan.hosts > 1 else World)(folder, self.plan)
        self.applied: list[str] = []
        self.connections = ConnectionSampler(
            self.world.connections_bound, self.world.postgres_link, self.world.commands
        )
        self.losses = mode != "no losses"
        self.losses_s: list[tuple[float, float]] = []
        self.kept: Collection[str] = ()
        self.admin: Admin
        self.holders_before: Collection[str] = ()
        self.unanswered: list[str] = []
        self._began_s = time.monotonic()
        self._set_out_s = 0.0

    async def run(self) -> Result:
        try:
            await self.world.start()
            return await self._run()
        finally:
            await self.world.close()

    def _offer(self, began: datetime) -> None:
        """Create the planned room; the crowd sets out at `began`."""
        rate, room = self.plan.rate_per_s, self.plan.room
        more: dict[str, Any] = {"restore_s": RESTORE_S} if self.losses else {}
        more |= SETTINGS if self.plan.judges_time else {}
        opens_s = room.opens_s or OPEN_SINCE_S
        self.world.house.offer(
            CODE,
            self.plan.coupons,
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
            values={"opens_at": opens_s, "total_count": self.plan.coupons, "state": "open"},
        )

    def _now_s(self) -> float:
        """Seconds after the crowd set out."""
        return asyncio.get_running_loop().time() - self._set_out_s

    async def _run(self) -> Result:
        house = self.world.house
        sign = signer(house.environ["MEMBER_TOKEN_SECRETS"])
        crowd = Crowd(house.port, CODE, self.plan, sign)
        self.autopilot = AutopilotSeen(house, CODE, self.world.valkey.url, self._now_s)
        sampling = asyncio.create_task(self.connections.run(lambda: self.world.postgres.url))
        self._set_out_s = asyncio.get_running_loop().time()
        await asyncio.to_thread(self._offer, datetime.now(UTC))
        self._mark("the crowd sets out")
        lives = asyncio.create_task(crowd.live(self._set_out_s))
        following = asyncio.create_task(self.autopilot.follow())
        await self._break_all()
        self._mark("all faults are over")
        await self._finish(lives, crowd)
        following.cancel()
        self._mark("members have their final answers, or time is up")
        once_more = await self._once_more(crowd)
        sampling.cancel()
        self._mark("members entered once more")
        evidence = await self._evidence(crowd, once_more)
        self._mark("counted and reconciled")
        await self.world.end_commands()
        seconds = time.monotonic() - self._began_s
        return result_of(self.plan, evidence, self.applied, self.unanswered, seconds=seconds)

    def _mark(self, what: str) -> None:
        """Log the elapsed time and the processor time of each process."""
        own = resource.getrusage(resource.RUSAGE_SELF)
        cpu_s = {name: round(cpu_s_of(pid), 1) for name, pid in self.world.pids().items()}
        print(
            f"{time.monotonic() - self._began_s:6.1f} s  {what}; processor seconds: "
            f"trial {own.ru_utime + own.ru_stime:.1f}, {cpu_s}",
            flush=True,
        )

    async def _break_all(self) -> None:
        """Apply each fault, clock step and change at its time; ends at `healed_s` or soon after."""
        async with asyncio.TaskGroup() as group:
            for fault in self.plan.faults:
                group.create_task(self._at(fault.at_s, self._break, fault))
            for step in self.plan.steps:
                group.create_task(self._at(step.at_s, self._step, step))
            group.create_task(self._change_all())
        await asyncio.sleep(self.plan.healed_s - self._now_s())

    async def _at(self, at_s: float, work: Callable[[Any], Awaitable[None]], what: Any) -> None:
        await asyncio.sleep(at_s - self._now_s())
        await work(what)

    async def _break(self, fault: Fault) -> None:
        at_s = self._now_s()
        await self.world.apply(fault)
        if fault.kind.startswith("lose"):
            self.losses_s.append((at_s, self._now_s()))
        self.applied.append(f"{fault}  (broken at {at_s:.1f} s, over at {self._now_s():.1f} s)")

    async def _step(self, step: ClockStep) -> None:
        self.world.step_clock(step)

    async def _change_all(self) -> None:
        """Make the changes one after another."""
        for change in self.plan.room.changes:
            await self._at(change.at_s, self._change, change)

    async def _change(self, change: AdminChange) -> None:
        await self.admin.make(change)

    async def _finish(self, lives: asyncio.Task[None], crowd: Crowd) -> None:
        """Raise the rate, and wait for all final answers, at most FINAL_WITHIN_S."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FINAL_WITHIN_S):
                await self.world.until(self._raise_rate, within_s=FINAL_WITHIN_S)
                await lives
        lives.cancel()
        if any(record.final is None for record in crowd.records):
            self.unanswered = await asyncio.to_thread(self._describe_unanswered, crowd)
            print("\n".join(self.unanswered), flush=True)

    def _describe_unanswered(self, crowd: Crowd) -> list[str]:
        world, house = self.world, self.world.house
        return describe_unanswered(
            crowd.records,
            CODE,
            redis_url=world.valkey.url,
            postgres_url=world.postgres.url,
            queue=house.environ["QUEUE_NAME"],
            pids=world.commands(),
            log=partial(house.log.read_text, errors="replace"),
        )

    def _raise_rate(self) -> bool:
        rate = {"rate_mode": "manual", "rate_per_s": 1_000, "burst": 100}
        return self.world.admin("PATCH", f"/rooms/{CODE}", rate)

    async def _once_more(self, crowd: Crowd) -> Mapping[str, Answer]:
        """The new answers to all holders, all with a coupon in an answer, and some others."""
        rows, _ = await asyncio.to_thread(self._rows)
        self.holders_before = holders = {row.member_id for row in rows}
        self.kept = await asyncio.to_thread(self._kept)
        before = {record.member_id: len(record.answers) for record in crowd.records}
        chosen = [
            record.member_id in holders or record.final == "issued" or number % OTHERS_EACH == 0
            for number, record in enumerate(crowd.records)
        ]
        with suppress(TimeoutError):
            async with asyncio.timeout(ONCE_MORE_WITHIN_S if self.unanswered else None):
                await crowd.ask_once_more(chosen)
        answers = {}
        for record in crowd.records:
            count = before[record.member_id]
            if len(record.answers) > count:
                answers[record.member_id] = record.answers[-1]
                del record.answers[count:]
        return answers

    async def _evidence(self, crowd: Crowd, once_more: Mapping[str, Answer]) -> Evidence:
        rows, used_count = await asyncio.to_thread(self._rows)
        reconciled = await self._reconcile()
        room, pair = self.plan.room, self.world.pair
        is_draw = bool(room.opens_s) and room.order == "draw"
        return Evidence(
            total_count=self.admin.values["total_count"],
            members=crowd.records,
            rows=rows,
            used_count=used_count,
            once_more=once_more,
            connections=self.connections.counts,
            crowded=self.connections.listed,
            connections_bound=self.world.connections_bound,
            found=reconciled["found"],
            left=reconciled["left"],
            fell_over=self.world.fell_over,
            forgets=bool(self.losses_s),
            lost_bytes=pair.lost_bytes if pair else None,
            taken_over=pair.taken_over(self._set_out_s) if pair else None,
            holders_before=self.holders_before,
            opens_s=room.opens_s,
            changes=self.admin.made,
            in_force=await self.admin.in_force(),
            numbers=await asyncio.to_thread(self._numbers) if is_draw else None,
            is_draw=is_draw,
            clocks=self.world.clocks.seen(),
            worker_refusals=await asyncio.to_thread(self._refusals),
            losses_s=self.losses_s,
            kept=self.kept,
            **await asyncio.to_thread(self._of_time),
            effects=self.world.effects,
        )

    def _of_time(self) -> dict[str, Any]:
        """What the clocks' promises are judged by, if nothing else was wrong."""
        ends_s = self.admin.values.get("expire_date", END_S)
        return self.autopilot.evidence(ends_s) if self.plan.judges_time else {}

    def _numbers(self) -> dict[str, int] | None:
        """The number of each entrant, from the draw's record; None without one."""
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

    def _refusals(self) -> list[WorkerRefusal]:
        with psycopg.connect(self.world.postgres.url) as connection:
            found = connection.execute(
                "SELECT member_id, slug, admitted_at, pg_xact_commit_timestamp(xmin) FROM refusals"
            ).fetchall()
        return [
            WorkerRefusal(member_id, said_of(slug), to_us(admitted_at), self.admin.seconds(at))
            for member_id, slug, admitted_at, at in found
        ]

    def _kept(self) -> set[str]:
        """The members whose worker's refusal the line has."""
        with Redis.from_url(self.world.valkey.url, decode_responses=True) as redis:
            found: Any = redis.hgetall(Keys(CODE).outcomes)
        return {member_id for member_id, outcome in found.items() if outcome.startswith("r")}

    async def _reconcile(self) -> dict[str, dict[str, Sequence[str]]]:
        """Run `waitroom reconcile --repair`. Returns the differences found and left."""
        words = ("reconcile", CODE, "--repair", "--json")
        code, printed = await self.world.run(*words, within_s=60)
        try:
            result: dict[str, Any] = json.loads(printed)
        except ValueError:
            return {"found": {f"it ended with {code}": [printed[-500:]]}, "left": {}}
        return result
