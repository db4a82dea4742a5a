"""Rehearsal: replaces a release by this one while a crowd waits, and judges the outcomes."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from issuance.issued_coupons import list_holders
from load.crowd.observations import Timings
from load.crowd.report import print_verdict
from load.crowd.verdict import Verdict, verdict
from tests.house import House
from tests.patron import Tally
from tests.rolling_upgrade.crowd import SIGN_IN_AGAIN, Crowd, SeenThroughout
from tests.rolling_upgrade.release import Release, this_release
from tests.rolling_upgrade.steps import KINDS, Batches, Upgrade

# Shares of the crowd that arrive before the first replacement, and that get a coupon.
EARLY_PART, ISSUED_PART = 0.8, 0.8
# The size of the lobby, relative to the line.
DRAW_PART = 0.2
ARRIVALS_PER_S = 60.0
# Shares of the upgrade's time: the others arrive, the lobby is drawn, the line lasts.
LATE_PART, OPENS_PART, LINE_PART = 1.0, 0.5, 3.0
# A busy machine takes longer to replace all processes than the plan says, and took longer to begin.
UPGRADE_PER_BEGIN = 3.0
# Of the admitter's log (`application/recover_line.py`).
TAKEN_FOR_LOST = "Redis may have lost members of this line"
SETTINGS = {
    "BASE_URL": "https://line.example",  # as behind a proxy: https has other cookie names
    "LOG_REQUESTS": "1",
    "LOG_FORMAT": "json",
    "MEMBER_REQUESTS_MAX": "0",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """order: kinds of processes, in the order in which they are replaced.

    side_by_side_s: how long both run. upgrade_s: how long all of it takes, at least.
    """

    members: int
    order: tuple[str, ...] = KINDS
    roll_back: bool = False
    side_by_side_s: float = 3.0
    upgrade_s: float = 40.0


class Rehearsal:
    """One upgrade, with two rooms: an open line, and a lobby with a draw."""

    def __init__(self, house: House, engine: Engine, old: Release, plan: Plan) -> None:
        self._house = house
        self._engine = engine
        self._old = old
        self._plan = plan
        self._run = secrets.token_hex(3)
        self._lines = {"line": plan.members, "draw": max(5, int(plan.members * DRAW_PART))}
        self._tally = Tally()
        self._told: dict[str, list[SeenThroughout]] = {}

    def run(self) -> list[str]:
        """A sentence for each broken promise; prints a verdict for each room."""
        self._old.command(self._house, "migrate")
        upgrade = Upgrade(self._house, self._plan.side_by_side_s)
        starts = time.monotonic()
        upgrade.begin(self._old)
        began = time.monotonic()
        upgrade_s = max(self._plan.upgrade_s, UPGRADE_PER_BEGIN * (began - starts))
        self._plan = replace(self._plan, upgrade_s=upgrade_s)
        print(f"planned for an upgrade of {upgrade_s:.0f} s", flush=True)
        asyncio.run(self._let_wait(upgrade))
        took_s = time.monotonic() - began
        faults = self._faults_of_crowd() + self._faults_of_draw() + self._faults_of_jobs()
        faults += self._faults_of_lines()
        for name in self._lines:
            told = self._verdict(name)
            print(f"\n{name}:", flush=True)
            print_verdict(told, Timings(), took_s)
            if not told.is_good:
                faults.append(f"{name}: a promise was broken")
        return faults

    async def _let_wait(self, upgrade: Upgrade) -> None:
        plan, house = self._plan, self._house
        early = {name: int(count * EARLY_PART) for name, count in self._lines.items()}
        arrive_s = plan.members / ARRIVALS_PER_S
        opens_at = datetime.now(UTC) + timedelta(seconds=arrive_s + OPENS_PART * plan.upgrade_s)
        # Slowly, so that there is a line until all processes are replaced.
        rate = plan.members * ISSUED_PART / (LINE_PART * plan.upgrade_s)
        room = {"rate_per_s": rate, "burst": 1, "seats": plan.members}
        house.offer(self._code("line"), self._total("line"), **room)
        house.offer(
            self._code("draw"), self._total("draw"), opens_at=opens_at, **room, opening="draw"
        )
        crowds = {name: Crowd(house, self._code(name), self._tally) for name in self._lines}
        # All arrive before the draw: later members would be behind it.
        await asyncio.gather(
            crowds["line"].send(early["line"], within_s=arrive_s),
            crowds["draw"].send(self._lines["draw"], within_s=arrive_s),
        )
        rolling = asyncio.create_task(asyncio.to_thread(self._upgrade, upgrade))
        late = self._lines["line"] - early["line"]
        await crowds["line"].send(late, within_s=LATE_PART * plan.upgrade_s)
        await rolling
        for name in self._lines:
            path, turned = f"/rooms/{self._code(name)}", {"rate_per_s": 10_000}
            await asyncio.to_thread(house.admin, "PATCH", path, turned)
        self._told = {name: await crowd.told() for name, crowd in crowds.items()}

    def _upgrade(self, upgrade: Upgrade) -> None:
        new = this_release()
        new.command(self._house, "migrate")
        upgrade.roll(self._plan.order, new, roll_back=self._plan.roll_back)

    def _faults_of_crowd(self) -> list[str]:
        tally, everybody = self._tally, [one for told in self._told.values() for one in told]
        moved = sum(len(one.arrivals) > 1 for one in self._told["line"])
        signed_out = tally.failed[SIGN_IN_AGAIN]
        waited = sum(bool(one.arrivals) for one in everybody)
        print(f"\n{len(everybody):,} members, {waited:,} with an arrival;")
        print(f"{tally.requests:,} requests, {tally.streams:,} streams,", end=" ")
        print(f"{tally.returned:,} of them reopened")
        print(f"retried on a fresh connection, as browsers do: {tally.retried:,}")
        print(f"asked again after a 503, as its Retry-After says: {tally.put_off:,}")
        print(f"had to sign in again: {signed_out:,}; arrivals that changed: {moved:,}")
        faults = [f"{count:,} x {why}" for why, count in tally.failed.most_common(10)]
        if moved:
            faults.append(f"{moved:,} members were told another arrival than before")
        return faults

    def _faults_of_draw(self) -> list[str]:
        record = self._house.admin("GET", f"/rooms/{self._code('draw')}/draw/record")
        first = record["members"][: self._total("draw")]
        issued = {one.member_id for one in self._told["draw"] if one.final == "issued"}
        print(f"drawn first and issued: {len(issued & set(first)):,} of {len(first):,}")
        return [] if issued == set(first) else ["the draw's first were not those who were issued"]

    def _faults_of_jobs(self) -> list[str]:
        logs = self._old.log(self._house), this_release().log(self._house)
        batches = Batches.from_logs(*logs)
        print(f"batches queued by old processes and issued by new ones: {batches.old_by_new:,}")
        print(f"batches queued by new processes and issued by old ones: {batches.new_by_old:,}")
        at = self._plan.order.index
        if at("worker") < at("admitter"):
            crossed, how = batches.old_by_new, "queued by an old process and issued by a new one"
        else:
            crossed, how = batches.new_by_old, "queued by a new process and issued by an old one"
        return [] if crossed else [f"no batch was {how}: nothing is known of that"]

    def _faults_of_lines(self) -> list[str]:
        """A line that is taken for lost admits nobody for `restore_s`."""
        held = this_release().log(self._house).read_text().count(TAKEN_FOR_LOST)
        print(f"lines that were taken for lost: {held:,}")
        return [f"{held:,} x a line was taken for lost"] if held else []

    def _verdict(self, name: str) -> Verdict:
        rows = list_holders(self._engine, self._code(name))
        return verdict(self._told[name], total_count=self._total(name), holders=rows)

    def _code(self, name: str) -> str:
        return f"upgrade-{self._run}-{name}"

    def _total(self, name: str) -> int:
        return int(self._lines[name] * ISSUED_PART)
