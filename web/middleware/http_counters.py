"""What this web command is asked, how it answers and how fast, summed over its processes.

Counting a request is three additions in memory that processes share
(`web.middleware.shared_memory`): a crowd's requests are counted at nearly no cost, and none is lost
with a process.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Scope

from web.middleware.shared_memory import SharedCounters

# Seconds, of a histogram's steps.
BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
STATUSES = ("1xx", "2xx", "3xx", "4xx", "5xx")

# One answer: its status, and the seconds from the request to the answer's beginning.
Count = Callable[[int, float], None]

_STREAMS = 0
_NOW = 1
_TIMES = len(STATUSES)
_SUM_US = _TIMES + len(BOUNDS_S) + 1
_WIDTH = _SUM_US + 1


class Call(NamedTuple):
    """A method, and the path as its route has it: never what somebody typed."""

    method: str
    route: str


UNMATCHED = Call("other", "unmatched")


@dataclass(frozen=True, slots=True)
class CallTotals:
    """How often a call was answered with each class of status, and how long the answers took.

    times: how many took at most so much of BOUNDS_S and more than the bound before; then the rest.
    """

    call: Call
    statuses: dict[str, int]
    times: list[int]
    sum_s: float


class Total(NamedTuple):
    """asked: the calls that were made at all. streams: open now. processes: that live."""

    asked: list[CallTotals]
    streams: int
    processes: int


class HttpCounters:
    """Counts for one process, and tells of all. `calls` are the same, in order, in each of them."""

    def __init__(self, calls: Iterable[Call], folder: Path | None = None) -> None:
        self.calls = [UNMATCHED, *sorted(set(calls))]
        self._start = {call: _NOW + n * _WIDTH for n, call in enumerate(self.calls)}
        self._counts = SharedCounters(folder, cells=_NOW + len(self.calls) * _WIDTH, now=_NOW)
        self._own = self._counts.own

    def counter(self, call: Call) -> Count:
        """Counts answers to this call: where they are is looked up once."""
        start = self._start.get(call) or self._start[UNMATCHED]
        own, statuses, times, sum_us = self._own, start - 1, start + _TIMES, start + _SUM_US

        def count(status: int, took_s: float) -> None:
            own[statuses + status // 100] += 1
            own[times + bisect_left(BOUNDS_S, took_s)] += 1
            own[sum_us] += int(took_s * 1_000_000)

        return count

    def set_open_streams(self, count: int) -> None:
        """So many streams are open in this process."""
        self._own[_STREAMS] = count

    def total(self) -> Total:
        """What all processes have counted."""
        cells, processes = self._counts.total()
        asked = []
        for call, start in self._start.items():
            row = cells[start : start + _WIDTH]
            statuses = {name: row[n] for n, name in enumerate(STATUSES) if row[n]}
            if statuses:
                asked.append(
                    CallTotals(call, statuses, row[_TIMES:_SUM_US], row[_SUM_US] / 1_000_000)
                )
        return Total(asked, cells[_STREAMS], processes)


def route_call(method: str, scope: Scope) -> Call:
    """What was asked for, once the framework has found its route. HEAD counts as GET."""
    route = scope.get("route")
    return Call("GET" if method == "HEAD" else method, getattr(route, "path", ""))


def route_calls(routes: Iterable[BaseRoute]) -> Iterator[Call]:
    """Every call that these routes answer."""
    for route in routes:
        if isinstance(route, Mount):
            yield Call("GET", route.path)
        elif isinstance(route, Route):
            for method in (route.methods or set()) - {"HEAD"}:
                yield Call(method, route.path)
