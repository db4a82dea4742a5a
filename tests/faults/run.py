"""Runs trials for the given seeds, some at once, and prints a table of the results."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load.bench.process_usage import family
from processes.child_process import PR_SET_PDEATHSIG, linux_prctl
from tests.faults.gaps import table_of_gaps
from tests.faults.modes import OF_HOSTS, OPTIONS, Mode, kinds_in, plan_of, targets_in
from tests.faults.openings import CHANGE_KINDS, RoomPlan
from tests.faults.pair import clock_library
from tests.faults.run_trial import run_trial
from tests.nursery import import_commands
from tests.servers import open_folder

LOOK_EVERY_S = 0.2
# A trial ends by itself sooner; kill one that takes longer.
TRIAL_MAX_S = 300.0
END_WITHIN_S = 40.0
BROKEN_MAX = 10  # violations printed for each promise
LOG_MAX = 40_000  # characters of a trial's log, printed if it has no result
PR_SET_CHILD_SUBREAPER = 36


@dataclass(slots=True)
class Running:
    """One seed's process and its folder, which is deleted when the stack closes."""

    seed: int
    folder: Path
    pid: int
    give_up_at: float
    stack: ExitStack
    ended: bool = False

    def poll(self) -> bool:
        """Whether the process has ended."""
        if not self.ended:
            self.ended = os.waitpid(self.pid, os.WNOHANG)[0] != 0
        return self.ended

    def signal(self, number: signal.Signals) -> None:
        if not self.poll():
            os.kill(self.pid, number)


class Trials:
    """Runs the trials of seeds, at most `at_once` at a time."""

    def __init__(self, seeds: Iterable[int], *, at_once: int, mode: Mode, keep: Path | None):
        self._waiting = list(seeds)
        self._at_once = at_once
        self._mode = mode
        self._keep = keep
        self._running: list[Running] = []

    def results(self) -> Iterator[dict[str, Any]]:
        """Each result when it is there. Ends all processes if the caller stops early."""
        try:
            while self._waiting or self._running:
                while self._waiting and len(self._running) < self._at_once:
                    self._running.append(self._start(self._waiting.pop(0)))
                time.sleep(LOOK_EVERY_S)
                for trial in list(self._running):
                    if (result := self._result(trial)) is not None:
                        self._end(trial)
                        yield result
        finally:
            for trial in self._running:
                trial.signal(signal.SIGTERM)
            for trial in list(self._running):
                self._end(trial)

    def _start(self, seed: int) -> Running:
        """Fork, so that the trial need not import the product again."""
        stack = ExitStack()
        folder = open_folder(stack)
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            _be_a_trial(seed, folder, self._mode)
        return Running(seed, folder, pid, time.monotonic() + TRIAL_MAX_S, stack)

    def _result(self, trial: Running) -> dict[str, Any] | None:
        if not trial.poll() and time.monotonic() < trial.give_up_at:
            return None
        try:
            result: dict[str, Any] = json.loads((trial.folder / "result.json").read_text())
        except (OSError, ValueError):
            log = trial.folder / "trial.log"
            how = log.read_text(errors="replace")[-LOG_MAX:] if log.exists() else "the log is empty"
            broken = [{"promise": "ended", "subject": "the trial", "how": f"no result: {how}"}]
            result = {"seed": trial.seed, "broken": broken}
        return result

    def _end(self, trial: Running) -> None:
        """Let it end its processes; kill it and them after END_WITHIN_S."""
        trial.signal(signal.SIGTERM)
        deadline = time.monotonic() + END_WITHIN_S
        while not trial.poll() and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_S)
        if not trial.poll():
            trial.signal(signal.SIGKILL)
            os.waitpid(trial.pid, 0)
        self._running.remove(trial)
        self._end_orphans()
        if self._keep is not None:
            for log in trial.folder.glob("*.log"):
                shutil.copy(log, self._keep / f"seed-{trial.seed}-{log.name}")
        trial.stack.close()

    def _end_orphans(self) -> None:
        """Kill the processes of a killed trial, which are our children now."""
        ours = {trial.pid for trial in self._running}
        for pid in set(_children()) - ours:
            for one in family(pid):
                with suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)
            os.waitpid(pid, 0)


def _be_a_trial(seed: int, folder: Path, mode: Mode) -> None:
    """Run a trial in the fork; does not return. It gets SIGTERM when the parent dies."""
    os.setsid()
    if (prctl := linux_prctl()) is not None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    log = os.open(folder / "trial.log", os.O_WRONLY | os.O_CREAT, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        run_trial(seed, folder, mode)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _children() -> list[int]:
    try:
        text = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    except OSError:
        return []
    return [int(pid) for pid in text.split()]


@contextmanager
def _orphans_are_ours() -> Iterator[None]:
    """Adopt the processes of dead trials (on Linux), and treat SIGTERM like Ctrl-C."""
    prctl = linux_prctl()
    if prctl is not None:
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    yield
    signal.signal(signal.SIGTERM, before)


def seeds_in(text: str) -> list[int]:
    """`1-50`, `3,5,9-11`. Raises ValueError."""
    seeds: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        seeds += range(int(first), int(last or first) + 1)
    return seeds


HEAD = ("seed", "faults", "members", "issued", "answers", "none", "connections", "s", "verdict")
LINE = "{:>4}  {:>6}  {:>7}  {:>6}  {:>7}  {:>6}  {:>11}  {:>5}  {}"


def line_of(result: dict[str, Any]) -> str:
    broken = Counter(one["promise"] for one in result["broken"])
    verdict = ", ".join(f"{name} {count}" for name, count in broken.items()) or "kept"
    if gaps := result.get("gaps"):
        verdict += f"; {', '.join(f'no {what} for {gap_s} s' for what, gap_s in gaps.items())}"
    return LINE.format(
        result["seed"], len(result.get("faults", [])), result.get("members", 0),
        result.get("issued", 0), result.get("answers", 0), result.get("no_answer", 0),
        result.get("connections", ""), result.get("seconds", 0), verdict,
    )  # fmt: skip


def story_of(result: dict[str, Any]) -> str:
    """The details of a seed: its faults, changes, violations, and the answers to members."""
    lines = [f"seed {result['seed']}, {result.get('opening')}"]
    lines += sorted([*result.get("faults", []), *result.get("changes", [])])
    lines += [*result.get("clocks", []), *filter(None, [result.get("lost")])]
    for promise, count in Counter(one["promise"] for one in result["broken"]).items():
        some = [one for one in result["broken"] if one["promise"] == promise][:BROKEN_MAX]
        lines.append(f"  {promise}: {count}")
        lines += [f"    {one['subject']} {one['how']}" for one in some]
    for member, answers in result.get("stories", {}).items():
        lines += [f"  {member}", *(f"    {answer}" for answer in answers)]
    lines += result.get("unanswered", [])
    return "\n".join(lines)


def table_of_faults(results: Sequence[dict[str, Any]], mode: Mode) -> str:
    """How often each fault, clock, opening and change occurred in the runs without violations."""
    good = [result for result in results if not result["broken"]]
    plans = [plan_of(result["seed"], mode) for result in good]
    applied = Counter((fault.target, fault.kind) for plan in plans for fault in plan.faults)
    lines = []
    for target in targets_in(mode):
        kinds = kinds_in(target, mode)
        lines.append(_row(target, {kind: applied[target, kind] for kind in kinds}))
    clocks = Counter(f"{off_s:+g} s" for plan in plans for off_s in plan.clocks.values())
    lines.append(_row("clocks", {**clocks, "stepped": sum(len(plan.steps) for plan in plans)}))
    lines.append(_row("opening", Counter(_opening(plan.room) for plan in plans)))
    made = Counter(kind for result in good for kind in result["made"])
    lines.append(_row("admin", {kind: made[kind] for kind in CHANGE_KINDS}))
    return "\n".join(lines)


def _row(name: str, counts: Mapping[str, int]) -> str:
    return f"{name:15}" + ", ".join(f"{kind} {count}" for kind, count in counts.items())


def _opening(room: RoomPlan) -> str:
    return room.order if room.opens_s else "open already"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seeds", type=seeds_in, default=[1], help="such as 1-50 or 3,5,9-11")
    parser.add_argument("--seed", type=int, help="run only this seed")
    parser.add_argument("--at-once", type=int, default=1, help="trials at the same time")
    for option, (mode, about) in OPTIONS.items():
        parser.add_argument(
            option, dest="mode", action="store_const", const=mode, default="usual", help=about
        )
    parser.add_argument("--keep", action="store_true", help="keep the logs, and print their folder")
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    options = parser.parse_args(arguments)
    if options.mode == "skew" and not clock_library():
        parser.error("--skew needs libfaketime: .venv/bin/python -m pip install libfaketime")
    seeds = options.seeds if options.seed is None else [options.seed]
    keep = Path(tempfile.mkdtemp(prefix="waitroom-faults-")) if options.keep else None

    results: list[dict[str, Any]] = []
    import_commands()  # once, for all forked processes
    trials = Trials(seeds, at_once=options.at_once, mode=options.mode, keep=keep)
    print(LINE.format(*HEAD), flush=True)
    try:
        with _orphans_are_ours():
            for result in trials.results():
                results.append(result)
                print(line_of(result), flush=True)
    except KeyboardInterrupt:
        print("interrupted; all processes were ended", file=sys.stderr)
        return 130
    _sum_up(results, options.mode)
    if keep is not None:
        print(f"logs: {keep}")
    if options.json is not None:
        options.json.write_text(json.dumps(results))
    return 1 if any(result["broken"] for result in results) else 0


def _sum_up(results: Sequence[dict[str, Any]], mode: Mode) -> None:
    for result in results:
        if result["broken"] or len(results) == 1:
            print("\n" + story_of(result))
    good = [result for result in results if not result["broken"]]
    faults = sum(len(result["faults"]) for result in good)
    made = sum(len(result["made"]) for result in good)
    print(
        f"\n{len(good)} of {len(results)} runs kept every promise, through {faults} faults "
        f"and {made} changes by an admin:\n"
    )
    print(table_of_faults(results, mode))
    if mode in OF_HOSTS:
        kinds = {result["seed"]: plan_of(result["seed"], mode).faults[0].kind for result in good}
        print(table_of_gaps({seed: str(kind) for seed, kind in kinds.items()}, good))
