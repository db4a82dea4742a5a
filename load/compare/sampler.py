"""Looks at Postgres many times a second, while a crowd is let loose."""

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
    """At one moment (of our monotonic clock): coupons committed, and connections held."""

    at_s: float
    issued: int
    held: ConnectionCounts


class PostgresSampler:
    """A context manager; inside it a thread with a connection of its own fills `looks`.

    The connection is not counted among those it sees. Where Postgres does not answer in time,
    one look is missing.
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
        self._look()  # how it ended
        self._engine.dispose()

    def _watch(self) -> None:
        while not self._done.wait(LOOK_EVERY_S):
            self._look()

    def _look(self) -> None:
        try:
            issued = offers.get_offer(self._engine, self._code).coupon.inventory.used_count
            # The time between the two: neither is older than the distance to the next look.
            at_s, held = time.monotonic(), count_connections(self._engine)
        except OfficeAway:
            return
        self.looks.append(Sample(at_s, issued, held))
