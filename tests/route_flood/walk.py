"""Walk: floods one route after the other, and records the results."""

from __future__ import annotations

import asyncio
import json
import sys
import time
import urllib.request
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from processes.child_process import free_port
from tests.route_flood.probes import Admin, Entrants, Felt, HealthChecks, p99
from tests.route_flood.target import FORWARDED_FOR, Target
from tests.route_table import UNROUTED, Call
from waitroom.line import open_line
from web.limits.request_limits import LIMIT_EXCUSES, limit_class

FOLDER = Path(__file__).parent
WHO = ("member", "stranger")
# Of one flood's seconds; the quiet value is that of so many such times.
QUIET_PART, QUIET_MIN_S, QUIET_KEPT = 0.25, 0.2, 8
# Flooded first, to warm up what a process builds once, such as the refusing pages.
COLD = Call("GET", UNROUTED[0])
CHANGE_WITHIN_S = 1.0
RATIO_MAX = 3.0
# Responses that refuse, by status.
REFUSALS = ("429", "503")
REFUSED_CLASSES = ("4xx", "5xx")

# By limit class: why a route may never refuse a flood, and its status then.
EXCUSES = {
    "looks": ("200", "what pages look like has ten times the limit: this flood stayed below it"),
    # The flooded room leads to no site.
    "checks": ("404", LIMIT_EXCUSES["checks"]),
}


@dataclass(frozen=True, slots=True)
class Flooded:
    """One flood of one route. sent: answers; counted: refusals that the product counted.

    felt: by others meanwhile; quiet_p99_s: of entering without a flood, shortly before.
    """

    call: Call
    who: str
    statuses: dict[str, int]
    streams: int
    errors: int
    per_s: float
    counted: float
    felt: Felt
    quiet_p99_s: float

    @property
    def sent(self) -> int:
        return sum(self.statuses.values())

    @property
    def refused(self) -> int:
        return sum(self.statuses.get(one, 0) for one in REFUSALS)

    @property
    def change_s(self) -> float:
        return max(self.felt.change_s, default=float("inf"))

    @property
    def ratio(self) -> float:
        return p99(self.felt.enter_s) / self.quiet_p99_s

    @property
    def excuse(self) -> str:
        """An accepted reason for no refusals, with the answers that show it; or empty."""
        status, reason = EXCUSES.get(limit_class(self.call.route), ("", ""))
        if self.refused or not self.statuses.get(status):
            return ""
        return f"{reason} ({self.statuses[status]:,} x {status})"

    @property
    def is_slow(self) -> bool:
        """Whether entering was slower beside the flood than RATIO_MAX allows."""
        return self.ratio > RATIO_MAX

    @property
    def faults(self) -> list[str]:
        """A few words for each fault."""
        found = list(dict.fromkeys(self.felt.wrong))[:3]
        if not self.refused and not self.excuse:
            found.append("no refusals")
        if self.counted < self.refused:
            found.append(f"the product counted {self.counted:,.0f} refusals only")
        if self.change_s > CHANGE_WITHIN_S:
            found.append("the admin's change was late")
        if self.felt.health_failed or not self.felt.health:
            found.append("health was not 200")
        if self.is_slow:
            found.append("entering was slow")
        return found


class Walk:
    """connections, seconds: of each flood."""

    def __init__(self, target: Target, connections: int, seconds: float) -> None:
        self._target = target
        self._connections = connections
        self._seconds = seconds
        self._quiet_s = max(QUIET_MIN_S, seconds * QUIET_PART)
        self._entrants = Entrants(target)
        self._admin = Admin(target)
        self._health = HealthChecks(target)
        self._quiet: deque[list[float]] = deque(maxlen=QUIET_KEPT)
        self._floods = 0

    async def warm_up(self) -> None:
        """Warm up with a quiet time and a flood, whose results don't count; then a quiet time."""
        await self._entrants.enter_for(self._quiet_s, Felt())
        request = self._target.request(COLD, {FORWARDED_FOR: self._next_address()})
        await self._beside(self._target.stack.port, request, self._next_address())
        await self._be_quiet()

    async def flood(self, call: Call, who: str) -> Flooded:
        await self._be_quiet()
        before = await asyncio.to_thread(self._counted)
        address = self._next_address()
        credentials = {}
        if who == "member":
            credentials = await self._member(call, f"flooder-{self._floods}")
        request = self._target.request(call, {FORWARDED_FOR: address, **credentials})
        felt, found = await self._beside(self._target.stack.port, request, address)
        counted = await asyncio.to_thread(self._counted_at_least, before, found["statuses"])
        return Flooded(
            call,
            who,
            found["statuses"],
            found["streams"],
            found["errors"],
            sum(found["statuses"].values()) / found["seconds"],
            counted,
            felt,
            self.quiet_p99_s,
        )

    async def _member(self, call: Call, member_id: str) -> dict[str, str]:
        """The credentials of a member with a place in the line."""
        line = open_line(self._target.stack.environ["REDIS_URL"], connections_max=1)
        try:
            await line.enter(self._target.line, member_id)
        finally:
            await line.aclose()
        return self._target.member(call, member_id)

    async def flood_bare_server(self, per_s: float) -> tuple[float, float]:
        """The ratio beside a flood of another server at this rate, and that flood's rate."""
        await self._be_quiet()
        port = free_port()
        server = await asyncio.create_subprocess_exec(
            sys.executable, str(FOLDER / "bare_server.py"), str(port)
        )
        try:
            await _until_open(port)
            request = b"GET / HTTP/1.1\r\nHost: bare\r\n\r\n"
            felt, found = await self._beside(port, request, self._next_address(), per_s)
        finally:
            server.terminate()
            await server.wait()
        rate = sum(found["statuses"].values()) / found["seconds"]
        return p99(felt.enter_s) / self.quiet_p99_s, rate

    @property
    def quiet_p99_s(self) -> float:
        return p99([one for some in self._quiet for one in some])

    async def _be_quiet(self) -> None:
        felt = Felt()
        await self._entrants.enter_for(self._quiet_s, felt)
        self._quiet.append(felt.enter_s)

    async def _beside(
        self, port: int, request: bytes, address: str, per_s: float = 0
    ) -> tuple[Felt, dict]:
        felt = Felt()
        argv = ["nice", "-n", "19", sys.executable, "-I", str(FOLDER / "flooder.py")]
        words = [port, self._connections, self._seconds, per_s]
        flooder = await asyncio.create_subprocess_exec(
            *argv,
            *map(str, words),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        flooding = asyncio.create_task(flooder.communicate(request))
        await asyncio.gather(
            self._entrants.enter_for(self._seconds, felt),
            self._admin.change_for(self._seconds, address, felt),
            self._health.check_for(self._seconds, felt),
        )
        said, _ = await flooding
        return felt, json.loads(said)

    def _next_address(self) -> str:
        """A new address: rate limits last for ten seconds."""
        self._floods += 1
        return f"198.18.{self._floods >> 8 & 255}.{self._floods & 255}"

    def _counted_at_least(self, before: float, statuses: dict[str, int]) -> float:
        """The refusals counted since `before`; retries, since the metrics may be a second old."""
        expected = sum(statuses.get(one, 0) for one in REFUSALS)
        until = time.monotonic() + 2.5
        while (counted := self._counted() - before) < expected and time.monotonic() < until:
            time.sleep(0.2)
        return counted

    def _counted(self) -> float:
        """The refusing responses of all routes in /metrics."""
        with urllib.request.urlopen(f"{self._target.stack.base_url}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            if family.name == "waitroom_http_requests"
            for sample in family.samples
            if sample.labels.get("status") in REFUSED_CLASSES
        )


async def _until_open(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return
