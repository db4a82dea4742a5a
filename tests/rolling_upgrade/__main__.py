"""Rehearse an upgrade: replace a release before, process by process, while a crowd waits.

    python3 -m tests.rolling_upgrade --from REVISION [--members 500]

Starts the processes of REVISION on servers of its own, lets a crowd wait in two lines, one of which
is drawn meanwhile, runs `migrate` of this tree, and replaces each process as docs/operations.md
says. Nobody may lose a place or be asked to sign in again. Ends with 1 where a promise was broken.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from cli.crowd.saying import say
from cli.crowd.seen import Timings
from cli.crowd.verdict import Verdict, verdict
from cli.open_files import raise_limit
from issuance.database import open_engine
from issuance.ledger import holders
from tests.house import House, open_house
from tests.patron import Tally
from tests.rolling_upgrade.crowd import SIGN_IN_AGAIN, Crowd, SeenThroughout
from tests.rolling_upgrade.release import Release, checked_out, this_release
from tests.rolling_upgrade.steps import KINDS, Batches, Upgrade
from tests.servers import Servers, drop_database, fresh_database

# Of the crowd: so many come before the first process is replaced, and so many get a coupon.
EARLY_PART, ISSUED_PART = 0.8, 0.8
# In the lobby, of as many as are in the line.
DRAW_PART = 0.2
ARRIVALS_PER_S = 60.0
LATE_WITHIN_S = 40.0
OPENS_AFTER_S = 20.0
LINE_LASTS_S = 240.0
SETTINGS = {
    "BASE_URL": "https://line.example",  # as behind a proxy: its cookies have names of their own
    "LOG_REQUESTS": "1",
    "LOG_FORMAT": "json",
    "MEMBER_REQUESTS_MAX": "0",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """order: kinds of processes, in the order in which they are replaced."""

    members: int
    order: tuple[str, ...]
    roll_back: bool
    side_by_side_s: float


class Rehearsal:
    """One upgrade, with two rooms: a line that is open, and a lobby that draws."""

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
        """What was broken, a sentence each; prints a verdict of each line."""
        self._old.command(self._house, "migrate")
        upgrade = Upgrade(self._house, self._plan.side_by_side_s)
        upgrade.begin(self._old)
        began = time.monotonic()
        asyncio.run(self._let_wait(upgrade))
        took_s = time.monotonic() - began
        faults = self._faults_of_crowd() + self._faults_of_draw() + self._faults_of_jobs()
        for name in self._lines:
            told = self._verdict(name)
            print(f"\n{name}:", flush=True)
            say(told, Timings(), took_s)
            if not told.is_good:
                faults.append(f"{name}: a promise was broken")
        return faults

    async def _let_wait(self, upgrade: Upgrade) -> None:
        plan, house = self._plan, self._house
        early = {name: int(count * EARLY_PART) for name, count in self._lines.items()}
        arrive_s = plan.members / ARRIVALS_PER_S
        opens_at = datetime.now(UTC) + timedelta(seconds=arrive_s + OPENS_AFTER_S)
        # Slowly, so that there is a line until all is replaced.
        rate = plan.members * ISSUED_PART / LINE_LASTS_S
        room = {"rate_per_s": rate, "burst": 1, "seats": plan.members}
        house.offer(self._code("line"), self._total("line"), **room)
        house.offer(
            self._code("draw"), self._total("draw"), opens_at=opens_at, **room, opening="draw"
        )
        crowds = {name: Crowd(house, self._code(name), self._tally) for name in self._lines}
        # Nobody can enter a draw later without standing behind everybody: all come early.
        await asyncio.gather(
            crowds["line"].send(early["line"], within_s=arrive_s),
            crowds["draw"].send(self._lines["draw"], within_s=arrive_s),
        )
        rolling = asyncio.create_task(asyncio.to_thread(self._upgrade, upgrade))
        late = self._lines["line"] - early["line"]
        await crowds["line"].send(late, within_s=LATE_WITHIN_S)
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
        print(f"\n{len(everybody):,} members, {waited:,} of whom were given a time of arrival;")
        print(f"{tally.requests:,} requests, {tally.streams:,} streams,", end=" ")
        print(f"{tally.returned:,} of them opened again when told to")
        print(f"asked again on a fresh connection, as browsers do: {tally.retried:,}")
        print(f"asked to sign in again: {signed_out:,}; arrivals that moved: {moved:,}")
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

    def _verdict(self, name: str) -> Verdict:
        rows = holders(self._engine, self._code(name))
        return verdict(self._told[name], total_count=self._total(name), holders=rows)

    def _code(self, name: str) -> str:
        return f"upgrade-{self._run}-{name}"

    def _total(self, name: str) -> int:
        return int(self._lines[name] * ISSUED_PART)


def main(words: Sequence[str]) -> int:
    revision, plan = _asked(words)
    raise_limit()
    with Servers() as servers, tempfile.TemporaryDirectory() as kept:
        folder = Path(kept)
        folder.chmod(0o755)
        try:
            old = checked_out(revision, folder)
        except subprocess.CalledProcessError as error:
            sys.exit(f"{revision} could not be checked out: {error}")
        name = f"waitroom_upgrade_{secrets.token_hex(4)}"
        url = fresh_database(servers.database_url, name)
        engine = open_engine(url, connections_max=1, name="upgrade")
        try:
            with open_house(url, servers.redis_url, folder, **SETTINGS) as house:
                faults = Rehearsal(house, engine, old, plan).run()
        finally:
            engine.dispose()
            drop_database(servers.database_url, name)
    print("\nNobody lost a place or a session." if not faults else "\nBROKEN:", *faults, sep="\n  ")
    return 1 if faults else 0


def _asked(words: Sequence[str]) -> tuple[str, Plan]:
    parser = argparse.ArgumentParser(prog="python3 -m tests.rolling_upgrade", description=__doc__)
    parser.add_argument("--from", dest="revision", required=True, help="the release before")
    parser.add_argument("--members", type=int, default=500)
    parser.add_argument(
        "--order", default=",".join(KINDS), help="of what is replaced (default: %(default)s)"
    )
    parser.add_argument(
        "--roll-back", action="store_true", help="go back to the release before, half way"
    )
    parser.add_argument(
        "--side-by-side-s", type=float, default=3.0, help="both releases work (default: 3)"
    )
    asked = parser.parse_args(words)
    order = tuple(asked.order.split(","))
    if sorted(order) != sorted(KINDS):
        parser.error(f"--order must name each of {', '.join(KINDS)} once")
    plan = Plan(max(10, asked.members), order, asked.roll_back, asked.side_by_side_s)
    return asked.revision, plan


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
