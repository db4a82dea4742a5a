"""Two Redis servers, of which the second replaces the first and lacks its last writes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import dataclass, field

from redis import Redis
from sqlalchemy import Engine

from application.apply_settings import apply_settings
from application.destinations.coupon.rooms import CouponRooms
from application.recover_line import recover_line
from issuance import offers
from processes.embedded import EmbeddedValkey
from tests.integration.line_cast import LineOf
from tests.servers import open_folder
from waitroom.line import Line
from waitroom.redis_io.keys import Keys

IN_SYNC_WITHIN_S = 20.0


@dataclass
class RedisPair:
    """`line` is on the primary until `fail_over`, then on the former replica."""

    primary: EmbeddedValkey
    replica: EmbeddedValkey
    code: str
    lines: list[Line] = field(default_factory=list)

    @property
    def line(self) -> Line:
        return self.lines[-1]

    def follow(self) -> None:
        """Let the replica copy the primary, and wait until it has."""
        with Redis.from_url(self.primary.url) as first, Redis.from_url(self.replica.url) as second:
            first.flushall()
            second.config_set(
                "masterauth", str(first.connection_pool.connection_kwargs["password"])
            )
            first.config_set("repl-diskless-sync-delay", 0)
            second.replicaof("127.0.0.1", str(self.primary.port))
            deadline = time.monotonic() + IN_SYNC_WITHIN_S
            while second.info("replication")["master_link_status"] != "up":
                assert time.monotonic() < deadline, "the replica does not follow"
                time.sleep(0.01)
        self.lines.append(LineOf(self.primary.url, self.code))

    def lose_from_now_on(self) -> None:
        """The replica gets no more writes."""
        with Redis.from_url(self.primary.url) as first, Redis.from_url(self.replica.url) as second:
            assert first.wait(1, 5_000) == 1
            second.replicaof("NO", "ONE")

    def fail_over(self) -> Line:
        self.lines.append(LineOf(self.replica.url, self.code))
        return self.line

    def set_back(self, field: str, seconds: float) -> None:
        """Move a time in the room's hash into the past."""
        server = self.primary if len(self.lines) == 1 else self.replica
        with Redis.from_url(server.url) as redis:
            redis.hincrby(Keys(self.code).room, field, -int(seconds * 1_000_000))


async def look_after(line: Line, engine: Engine, code: str) -> None:
    """Do what the admitter does every second."""
    offer = offers.get_offer(engine, code)
    await apply_settings(line, offer)
    await recover_line(line, engine, offer.room, CouponRooms(engine, line))


def start_pair() -> Generator[tuple[EmbeddedValkey, EmbeddedValkey]]:
    with ExitStack() as stack:
        folder = open_folder(stack)
        servers = [EmbeddedValkey(folder / name, durable=False) for name in ("first", "second")]
        for server in servers:
            stack.callback(server.erase)
            server.start()
        yield servers[0], servers[1]


async def close_all(pair: RedisPair) -> None:
    await asyncio.gather(*(line.aclose() for line in pair.lines))
