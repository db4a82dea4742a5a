"""Run trial: runs the trial of one seed in this process, and writes its result."""

from __future__ import annotations

import asyncio
import json
import resource
import signal
from dataclasses import asdict
from pathlib import Path

import uvloop

from processes.open_files import raise_limit
from tests.faults.modes import Mode
from tests.faults.result import Result
from tests.faults.trial import Trial


async def _run_until_signal(trial: Trial) -> Result:
    """SIGTERM and SIGINT cancel the trial, which cleans up."""
    running = asyncio.ensure_future(trial.run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    return await running


def run_trial(seed: int, folder: Path, mode: Mode) -> None:
    """Write `result.json` to the folder, which Postgres' user must be able to reach."""
    raise_limit()
    trial = Trial(seed, folder, mode)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        result = runner.run(_run_until_signal(trial))
    result.cpu_s = round(_cpu_s(), 1)
    new = folder / "result.new"
    new.write_text(json.dumps(asdict(result)))
    new.rename(folder / "result.json")


def _cpu_s() -> float:
    """CPU time of this process and of its ended children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
