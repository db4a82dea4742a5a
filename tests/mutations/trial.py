"""Trial: one mutation, and each run of the tests that must notice it."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from redis import Redis

from tests.mutations.mutation import Ending, Mutation, is_of
from tests.mutations.tree import TestRunner, copy_checkout
from tests.servers import Servers

# What draws at random can notice by luck.
RANDOM_TIMES_MIN = 10


@dataclass(frozen=True, slots=True)
class Miss:
    """One run in which a test did not notice. ending: what it failed with instead, or "passed"."""

    test: str
    run: int
    seed: int
    ending: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one mutation. times: runs of each test. output: the last lines of a miss.

    by_time_out: tests that noticed by a bound on time, in a run at least. On a machine that is busy
    they might fail by that alone.
    """

    mutation: Mutation
    times: dict[str, int]
    misses: tuple[Miss, ...]
    by_time_out: frozenset[str]
    took_s: float
    output: str = ""

    @property
    def is_noticed(self) -> bool:
        return not self.misses


@dataclass(frozen=True, slots=True)
class Runs:
    """How often each test runs: `times`, or RANDOM_TIMES_MIN where it is one of `random_tests`."""

    times: int
    first_seed: int
    random_tests: frozenset[str] = frozenset()

    def times_of(self, test: str) -> int:
        return max(self.times, RANDOM_TIMES_MIN) if test in self.random_tests else self.times

    def seed_of(self, run: int) -> int:
        """run: counted from 1."""
        return self.first_seed + run - 1


class Lane:
    """A Redis, a Postgres and a fork server of its own: one mutation at a time is tried there."""

    def __init__(self, servers: Servers, runner: TestRunner) -> None:
        self._redis_url = servers.redis_url
        self._runner = runner

    def endings(
        self, tree: Path, tests: Sequence[str], seed: int
    ) -> tuple[dict[str, list[Ending]], str]:
        """How the cases of each of `tests` ended in `tree`, and the last lines of pytest."""
        # The Redis is the lane's alone: what a broken run has left must not disturb the next.
        with Redis.from_url(self._redis_url) as redis:
            redis.flushall()
        found, output = self._runner.run(tree, tests, seed=seed)
        cases = {test: [end for name, end in found.items() if is_of(name, test)] for test in tests}
        return cases, output

    def attempt(self, mutation: Mutation, tree: Path, runs: Runs) -> Finding:
        """Run the tests of the mutation, which has been applied to `tree`."""
        began_s = time.monotonic()
        times = {test: runs.times_of(test) for test in mutation.noticed_by}
        misses: list[Miss] = []
        by_time_out: set[str] = set()
        output = ""
        for run in range(1, max(times.values()) + 1):
            tests = [test for test in times if run <= times[test]]
            cases, last_lines = self.endings(tree, tests, runs.seed_of(run))
            for test in tests:
                if mutation.is_noticed(cases[test]):
                    by_time_out |= {test} if is_by_time_out(cases[test]) else set()
                else:
                    misses.append(Miss(test, run, runs.seed_of(run), described(cases[test])))
                    output = output or last_lines
        took_s = time.monotonic() - began_s
        return Finding(mutation, times, tuple(misses), frozenset(by_time_out), took_s, output)


def is_by_time_out(cases: Sequence[Ending]) -> bool:
    """Whether what failed by what it asserts, failed by a bound on time alone."""
    failed_with = {case.failed_with for case in cases}
    return "TimeoutError" in failed_with and not failed_with & {"AssertionError", "Failed"}


def passed(cases: Sequence[Ending]) -> bool:
    """Whether a test ran, and all its cases passed."""
    return bool(cases) and not any(case.failed_with for case in cases)


def described(cases: Sequence[Ending]) -> str:
    """What the cases of a test ended with, in few words."""
    return ", ".join(sorted({end.failed_with or "passed" for end in cases})) or "did not run"


class Bench:
    """A pristine copy of the checkout, and lanes on which mutations are tried side by side."""

    def __init__(self, folder: Path, lanes: Sequence[Lane]) -> None:
        self._folder = folder
        self._pristine = folder / "pristine"
        self._free: SimpleQueue[Lane] = SimpleQueue()
        self._lanes = len(lanes)
        for lane in lanes:
            self._free.put(lane)
        copy_checkout(self._pristine)

    def faults(self, mutations: Sequence[Mutation]) -> dict[str, str]:
        """Why some of them can't be applied, by name."""
        found = {one.name: one.fault(self._pristine) for one in mutations}
        return {name: why for name, why in found.items() if why}

    def run_unbroken(
        self, tests: Sequence[str], seed: int
    ) -> tuple[dict[str, list[Ending]], list[str]]:
        """How each test ends without any mutation, and pytest's last lines where one fails."""
        files = sorted({test.partition("::")[0] for test in tests})

        def run(file: str) -> tuple[dict[str, list[Ending]], str]:
            of_file = [test for test in tests if test.partition("::")[0] == file]
            with self._lane() as lane, self._copy() as tree:
                return lane.endings(tree, of_file, seed)

        # A file at a time: each has the time that a run has.
        with ThreadPoolExecutor(self._lanes) as pool:
            answers = list(pool.map(run, files))
        outputs = [
            output for cases, output in answers if not all(passed(ends) for ends in cases.values())
        ]
        return {test: ends for cases, _ in answers for test, ends in cases.items()}, outputs

    def attempts(
        self, mutations: Sequence[Mutation], runs: Runs, done: Callable[[Finding], None]
    ) -> list[Finding]:
        """What became of each, in their order; `done` is called with each as it ends."""

        def attempt(mutation: Mutation) -> Finding:
            with self._lane() as lane, self._copy() as tree:
                mutation.apply(tree)
                return lane.attempt(mutation, tree, runs)

        with ThreadPoolExecutor(self._lanes) as pool:
            futures = [pool.submit(attempt, one) for one in mutations]
            try:
                for future in as_completed(futures):
                    done(future.result())
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        return [future.result() for future in futures]

    @contextmanager
    def _lane(self) -> Iterator[Lane]:
        lane = self._free.get()
        try:
            yield lane
        finally:
            self._free.put(lane)

    @contextmanager
    def _copy(self) -> Iterator[Path]:
        tree = Path(tempfile.mkdtemp(prefix="tree-", dir=self._folder))
        try:
            shutil.copytree(self._pristine, tree, dirs_exist_ok=True, symlinks=True)
            yield tree
        finally:
            shutil.rmtree(tree, ignore_errors=True)


@contextmanager
def opened_bench(at_once: int) -> Iterator[Bench]:
    """On embedded servers, whatever the environment names: everything in them is forgotten."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="waitroom-mutations-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        lanes = []
        for _ in range(at_once):
            servers = stack.enter_context(Servers(environ={}))
            urls = {"REDIS_URL": servers.redis_url, "DATABASE_URL": servers.database_url}
            lanes.append(Lane(servers, stack.enter_context(TestRunner(urls))))
        yield Bench(folder, lanes)
