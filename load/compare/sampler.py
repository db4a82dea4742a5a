"""PostgresSampler: samples issued coupons and connections in Postgres during a run."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Self

from issuance import offers
from issuance.errors import OfficeAway
from issuance.postgres.connection_stats import ConnectionCounts, count_connections
from issuance.postgres.engine import open_engine

LOOK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class Sample:
    """At one time of our monotonic clock: coupons committed, and open connections."""

    at_s: float
    issued: int
    held: ConnectionCounts


class PostgresSampler:
    """A context manager; inside it, a thread with its own connection appends to `looks`.

    It does not count its own connection. If Postgres does not answer in time, a sample is missing.
    """

    def __init__(self, database_url: str, code: str) -> None:
        self.looks: list[Sample] = []
        self._engine = open_engine(database_url, connections_max=1, name="watch")
        self._code = code
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self._take_sample()  # the final state
        self._engine.dispose()

    def _watch(self) -> None:
        while not self._done.wait(LOOK_EVERY_S):
            self._take_sample()

    def _take_sample(self) -> None:
        try:
            issued = offers.get_offer(self._engine, self._code).coupon.inventory.used_count
            # Take the time between the two queries: each is off by less than a sampling interval.
            at_s, held = time.monotonic(), count_connections(self._engine)
        except OfficeAway:
            return
        self.looks.append(Sample(at_s, issued, held))
