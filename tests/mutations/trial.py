"""Trial: one mutation, the tests that must notice it, and what they said."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from redis import Redis

from tests.mutations.mutation import Mutation, is_of
from tests.mutations.tree import copy_checkout, run_tests
from tests.servers import Servers


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one mutation. missed: tests that did not notice it. said: pytest's end."""

    mutation: Mutation
    missed: tuple[str, ...]
    took_s: float
    said: str = ""

    @property
    def is_noticed(self) -> bool:
        return not self.missed


class Bench:
    """A pristine copy of the checkout and servers of its own, on which mutations are tried."""

    def __init__(self, folder: Path, servers: Servers) -> None:
        self._folder = folder
        self._pristine = folder / "pristine"
        self._servers = {"REDIS_URL": servers.redis_url, "DATABASE_URL": servers.database_url}
        copy_checkout(self._pristine)

    def faults(self, mutations: Sequence[Mutation]) -> dict[str, str]:
        """Why some of them can't be applied, by name."""
        found = {one.name: one.fault(self._pristine) for one in mutations}
        return {name: why for name, why in found.items() if why}

    def fail_anyway(self, tests: Sequence[str]) -> tuple[list[str], str]:
        """Those of the tests that don't pass without any mutation, and the end of what was said."""
        endings, said = run_tests(self._pristine, tests, self._servers)
        failed = [
            test
            for test in tests
            if not (cases := [end for name, end in endings.items() if is_of(name, test)])
            or any(cases)
        ]
        return failed, said

    def attempt(self, mutation: Mutation) -> Finding:
        """Break it in a copy of its own, and see who notices."""
        began_s = time.monotonic()
        tree = Path(tempfile.mkdtemp(prefix="mutated-", dir=self._folder))
        try:
            # With what the first run has compiled; the mutated file is newer than that.
            shutil.copytree(self._pristine, tree, dirs_exist_ok=True, symlinks=True)
            mutation.apply(tree)
            self._forget()
            endings, said = run_tests(tree, mutation.noticed_by, self._servers)
        finally:
            shutil.rmtree(tree, ignore_errors=True)
        failures = {name: end for name, end in endings.items() if end}
        missed = tuple(t for t in mutation.noticed_by if not mutation.is_noticed(failures, t))
        return Finding(mutation, missed, time.monotonic() - began_s, f"{failures}\n{said}")

    def _forget(self) -> None:
        """The Redis is ours alone: what a broken run has left is not to disturb the next."""
        with Redis.from_url(self._servers["REDIS_URL"]) as redis:
            redis.flushall()


@contextmanager
def opened_bench() -> Iterator[Bench]:
    """On embedded servers, whatever the environment names: everything in them is forgotten."""
    folder = Path(tempfile.mkdtemp(prefix="waitroom-mutations-"))
    try:
        with Servers(environ={}) as servers:
            yield Bench(folder, servers)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
