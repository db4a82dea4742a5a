"""Pair: a primary Redis and its replica, which takes over without the last writes."""

from __future__ import annotations

import os
import random
import subprocess
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from unittest.mock import patch

from redis import Redis

from processes.embedded import EmbeddedValkey
from tests.faults.acknowledged import count_unacknowledged, members_on
from tests.faults.evidence import TakenOver
from tests.faults.openings import OF_THE_END
from tests.faults.schedule import FAULTS_MIN, Fault, Plan, draw, draw_one
from tests.faults.signals import kill_family
from tests.faults.took_hold import LOST_BYTES_MIN
from tests.house import House

LAG_FROM_S, LAG_UNTIL_S = 0.05, 1.5
REPLICA_CLOCKS_S = (-0.5, 0.0, 0.5)
IN_SYNC_WITHIN_S = 30.0
# A busy host may be so late with the first write: it may still be starting web again.
WRITES_WITHIN_S = 20.0
# Half of the rooms admit so fast that their line is short, and sell out around the failover.
SHORT_LINE = 0.5
SHORT_LINE_PER_S = 1_000
# Members who have come by the failover, on average: half in a second, half within eighteen.
COME_AT_ONCE, COME_PER_S = 1_000, 56
QUIET_S = 1.0


class Replica(EmbeddedValkey):
    """clock_s: the offset of its clock, by libfaketime; where that is not installed it has none."""

    def __init__(self, folder: Path, clock_s: float) -> None:
        super().__init__(folder)
        self._clock_s = clock_s if clock_library() else 0.0

    def _launch(self, lock: int) -> subprocess.Popen[bytes]:
        faked = {
            "LD_PRELOAD": clock_library(),
            "FAKETIME": f"{self._clock_s:+}",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        with patch.dict(os.environ, faked if self._clock_s else {}):
            return super()._launch(lock)


class Pair:
    """lost_bytes: of the primary's writes that the replica lacked; None before it took over."""

    def __init__(self, primary: EmbeddedValkey, folder: Path, clock_s: float) -> None:
        self.primary = primary
        self.replica = Replica(folder, clock_s)
        self.lost_bytes: int | None = None
        self._dead_s = 0.0  # when the primary was dead, by the monotonic clock
        self._survivors: set[str] = set()
        self._unacknowledged: int | None = None

    def start(self) -> None:
        """Start the replica, and return once it follows the running primary."""
        self.replica.folder.mkdir(mode=0o700)
        (self.replica.folder / "password").write_text(
            (self.primary.folder / "password").read_text()
        )
        self.replica.start()
        with _client(self.primary) as first, _client(self.replica) as second:
            first.config_set("repl-diskless-sync-delay", 0)
            second.config_set("masterauth", first.connection_pool.connection_kwargs["password"])
            second.replicaof("127.0.0.1", str(self.primary.port))
            deadline = time.monotonic() + IN_SYNC_WITHIN_S
            while second.info("replication")["master_link_status"] != "up":
                assert time.monotonic() < deadline, "the replica does not follow"
                time.sleep(0.05)

    def fail_over(self, lag_s: float) -> EmbeddedValkey:
        """Lose the primary's writes of the last `lag_s`, or of longer if nobody wrote then.

        Returns the server that takes over.
        """
        with _client(self.primary) as first, _client(self.replica) as second:
            second.replicaof("NO", "ONE")
            before = first.info("replication")["master_repl_offset"]
            time.sleep(lag_s)
            deadline = time.monotonic() + WRITES_WITHIN_S
            self.lost_bytes = 0
            while self.lost_bytes < LOST_BYTES_MIN and time.monotonic() < deadline:
                time.sleep(0.01)
                self.lost_bytes = first.info("replication")["master_repl_offset"] - before
        assert self.primary.pid is not None
        kill_family(self.primary.pid)
        self._dead_s = time.monotonic()
        with _client(self.replica) as redis:
            self._survivors = members_on(redis)
        return self.replica

    def count_unacknowledged(self, house: House) -> None:
        """Right after `fail_over`, where entering waits for the replica."""
        if house.environ["LINE_REPLICAS"] != "0":
            self._unacknowledged = count_unacknowledged(house.base_url)

    def taken_over(self, set_out_s: float) -> TakenOver | None:
        """None unless entering waits for the replica. set_out_s: when the crowd set out."""
        if self._unacknowledged is None:
            return None
        return TakenOver(self._dead_s - set_out_s, self._survivors, self._unacknowledged)

    def close(self) -> None:
        self.replica.erase()
        self.primary.erase()


def draw_pair(seed: int) -> Plan:
    """The plan of this seed, with a failover as the only fault of Redis itself."""
    chance = random.Random(f"a pair of servers, {seed}")
    plan = draw(seed, losses=False)
    opens_s = plan.room.opens_s
    at_s = chance.uniform(1.2, 10.0)
    if opens_s:
        at_s = chance.choice([chance.uniform(1.5, opens_s), opens_s + chance.uniform(-1.0, 5.0)])
    lag_s = round(chance.uniform(LAG_FROM_S, LAG_UNTIL_S), 2)
    is_short = chance.random() < SHORT_LINE
    if is_short:
        at_s = max(at_s, opens_s + 1.5)
    failover = Fault(round(at_s, 2), "redis", "lose the primary", lag_s, 0)
    faults = [failover, *(fault for fault in plan.faults if not _hides(fault, failover))]
    while len(faults) < FAULTS_MIN:
        fault = draw_one(chance, losses=False)
        if not _hides(fault, failover) and all(fault.part != other.part for other in faults):
            faults.append(fault)
    # A clock that is ahead opens the room early, by all other clocks.
    clocks = REPLICA_CLOCKS_S[:2] if opens_s else REPLICA_CLOCKS_S
    changes = [change for change in plan.room.changes if change.kind not in OF_THE_END]
    plan = replace(
        plan,
        faults=tuple(sorted(faults, key=lambda fault: fault.at_s)),
        room=plan.room.with_changes(changes),
        replica_clock_s=chance.choice(clocks),
    )
    if not is_short:
        return plan
    coupons = COME_AT_ONCE + int(COME_PER_S * at_s) + chance.randint(-60, 60)
    return replace(plan, rate_per_s=SHORT_LINE_PER_S, coupons=coupons)


def _hides(fault: Fault, failover: Fault) -> bool:
    """Whether there might be no writes to lose, as nobody reaches Redis."""
    if fault.part == "redis":
        return True
    is_near = fault.at_s < failover.ends_s + QUIET_S and failover.at_s < fault.ends_s + QUIET_S
    return is_near and fault.target in ("web", "redis link")


def clock_library() -> str:
    """The path of libfaketime's library, of the wheel `libfaketime`; "" without it."""
    spec = find_spec("libfaketime")
    if spec is None or spec.origin is None:
        return ""
    found = sorted(Path(spec.origin).parent.glob("vendor/libfaketime/src/libfaketime*.so.1"))
    return str(found[0]) if found else ""


def _client(server: EmbeddedValkey) -> Redis:
    return Redis.from_url(server.url, socket_timeout=5)
