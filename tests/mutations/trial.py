"""Trial: applies a mutation and runs the tests that must notice it."""

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

# A test that draws at random can notice by luck.
RANDOM_TIMES_MIN = 10


@dataclass(frozen=True, slots=True)
class Miss:
    """A run in which a test did not notice. ending: "passed", or the error that it failed with."""

    test: str
    run: int
    seed: int
    ending: str


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one mutation. times: runs of each test. output: the last lines of a miss.

    by_time_out: tests that noticed by a time limit in at least one run. On a busy host
    they might fail without the mutation too.
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
    """How often each test runs: `times`, but at least RANDOM_TIMES_MIN for `random_tests`."""

    times: int
    first_seed: int
    random_tests: frozenset[str] = frozenset()

    def times_of(self, test: str) -> int:
        return max(self.times, RANDOM_TIMES_MIN) if test in self.random_tests else self.times

    def seed_of(self, run: int) -> int:
        """run: counted from 1."""
        return self.first_seed + run - 1


class Lane:
    """A Redis, a Postgres and a fork server, which try one mutation at a time."""

    def __init__(self, servers: Servers, runner: TestRunner) -> None:
        self._redis_url = servers.redis_url
        self._runner = runner

    def endings(
        self, tree: Path, tests: Sequence[str], seed: int
    ) -> tuple[dict[str, list[Ending]], str]:
        """The results of the cases of `tests` in `tree`, and the last lines of pytest."""
        # Flush the lane's own Redis, so that a broken run does not affect the next.
        with Redis.from_url(self._redis_url) as redis:
            redis.flushall()
        found, output = self._runner.run(tree, tests, seed=seed)
        cases = {test: [end for name, end in found.items() if is_of(name, test)] for test in tests}
        return cases, output

    def attempt(self, mutation: Mutation, tree: Path, runs: Runs) -> Finding:
        """Run the mutation's tests in `tree`, where it is applied."""
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
    """Whether all assertions that failed were time limits."""
    failed_with = {case.failed_with for case in cases}
    return "TimeoutError" in failed_with and not failed_with & {"AssertionError", "Failed"}


def passed(cases: Sequence[Ending]) -> bool:
    """Whether a test ran, and all its cases passed."""
    return bool(cases) and not any(case.failed_with for case in cases)


def described(cases: Sequence[Ending]) -> str:
    """A short description of how the cases of a test ended."""
    return ", ".join(sorted({end.failed_with or "passed" for end in cases})) or "did not run"


class Bench:
    """A pristine copy of the checkout, and lanes that try mutations in parallel."""

    def __init__(self, folder: Path, lanes: Sequence[Lane]) -> None:
        self._folder = folder
        self._pristine = folder / "pristine"
        self._free: SimpleQueue[Lane] = SimpleQueue()
        self._lanes = len(lanes)
        for lane in lanes:
            self._free.put(lane)
        copy_checkout(self._pristine)

    def faults(self, mutations: Sequence[Mutation]) -> dict[str, str]:
        """The mutations that can't be applied, by name, with the reason."""
        found = {one.name: one.fault(self._pristine) for one in mutations}
        return {name: why for name, why in found.items() if why}

    def run_unbroken(
        self, tests: Sequence[str], seed: int
    ) -> tuple[dict[str, list[Ending]], list[str]]:
        """The results of each test without a mutation, and pytest's last lines if one fails."""
        files = sorted({test.partition("::")[0] for test in tests})

        def run(file: str) -> tuple[dict[str, list[Ending]], str]:
            of_file = [test for test in tests if test.partition("::")[0] == file]
            with self._lane() as lane, self._copy() as tree:
                return lane.endings(tree, of_file, seed)

        # One file a run: the time limit is for one run.
        with ThreadPoolExecutor(self._lanes) as pool:
            answers = list(pool.map(run, files))
        outputs = [
            output for cases, output in answers if not all(passed(ends) for ends in cases.values())
        ]
        return {test: ends for cases, _ in answers for test, ends in cases.items()}, outputs

    def attempts(
        self, mutations: Sequence[Mutation], runs: Runs, done: Callable[[Finding], None]
    ) -> list[Finding]:
        """The results in the mutations' order; calls `done` with each as it ends."""

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
    """Uses embedded servers only, since it flushes them."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="waitroom-mutations-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        lanes = []
        for _ in range(at_once):
            servers = stack.enter_context(Servers(environ={}))
            urls = {"REDIS_URL": servers.redis_url, "DATABASE_URL": servers.database_url}
            lanes.append(Lane(servers, stack.enter_context(TestRunner(urls))))
        yield Bench(folder, lanes)
