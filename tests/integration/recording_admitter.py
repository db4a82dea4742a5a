"""An admitter as a process of its own, which writes down whom it was to feed, or dies feeding.

python -m tests.integration.recording_admitter REDIS_URL ROOM FILE LEASE_S [die]
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.integration.line_cast import LineOf
from waitroom.admitter import Admitter
from waitroom.lease_admission import LeaseAdmission


class Notebook:
    """A destination that takes everybody, one line each."""

    kind = "coupon"

    def __init__(self, line: LineOf, path: Path, lease_s: float, *, dies: bool) -> None:
        self._path = path
        self._dies = dies
        self.admit = LeaseAdmission(line, self, lease_s=lease_s).admit

    async def free_capacity(self) -> int:
        return 1_000_000

    async def feed(self, code: str, members: Sequence[str]) -> None:
        if self._dies:
            os.kill(os.getpid(), signal.SIGKILL)
        with self._path.open("a") as notes:
            notes.write("".join(f"{member}\n" for member in members))


async def admit_until_killed(line: LineOf, path: Path, lease_s: float, *, dies: bool) -> None:
    admitter = Admitter(line, Notebook(line, path, lease_s, dies=dies))
    rest_s = await admitter.tick()
    print("admitting", flush=True)
    while rest_s >= 0:
        await asyncio.sleep(rest_s)
        rest_s = await admitter.tick()


if __name__ == "__main__":
    _, redis_url, code, path, lease_s, *more = sys.argv
    line = LineOf(redis_url, code)
    asyncio.run(admit_until_killed(line, Path(path), float(lease_s), dies=more == ["die"]))
