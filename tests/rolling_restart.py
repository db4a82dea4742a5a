"""Rolling restart: replaces every process while a crowd is served; no member may notice.

Without a proxy in front of the web, the crowd retries as the shipped proxies do.

`python3 -m tests.rolling_restart --members 5000` runs it with a crowd of that size, on servers of
its own, and exits with 1 if a request failed.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from issuance.issued_coupons import list_holders
from issuance.migrate import migrate
from issuance.postgres.engine import open_engine
from load.bench.process_usage import family
from load.crowd.observations import Observations
from processes.open_files import raise_limit
from tests.house import House, eventually, open_house
from tests.patron import Patron, Tally
from tests.servers import Servers, drop_database, fresh_database

Process = subprocess.Popen[bytes]
WEB_PROCESSES = 2
WORKERS = 2
WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy at `port`, in front of web commands at these ports."""

    port: int
    tls: ssl.SSLContext
    web_ports: tuple[int, ...]


async def send_patrons(
    house: House,
    code: str,
    members: int,
    *,
    a_second: float,
    tally: Tally,
    more: asyncio.Event,
    proxy: Proxy | None,
) -> list[Observations]:
    """Send so many members, and more until `more` is set.

    Every second one follows by a stream, the others poll.
    """
    port, tls = (proxy.port, proxy.tls) if proxy else (house.port, None)

    async def one(number: int) -> Observations:
        member_id = f"patron-{number}"
        token = house.identity.sign(member_id)
        patron = Patron(port, code, member_id, token, tally, tls)
        return await patron.live(follows=number % 2 == 1)

    patrons: list[asyncio.Task[Observations]] = []
    began = time.monotonic()
    while len(patrons) < members or not more.is_set():
        patrons.append(asyncio.create_task(one(len(patrons))))
        await asyncio.sleep(max(0.0, began + len(patrons) / a_second - time.monotonic()))
    # There was a line all the time; speed up its end.
    await asyncio.to_thread(house.admin, "PATCH", f"/rooms/{code}", {"rate_per_s": 10_000})
    return list(await asyncio.gather(*patrons))


def replace_everything(house: House, proxy: Proxy | None) -> None:
    """The steps of docs/operations.md, "Rolling restart"; web and workers in parallel."""
    *webs, admitter, workers = house.processes
    with ThreadPoolExecutor() as pool:
        if proxy is None:
            replacing = pool.submit(replace_on_one_port, house, webs[0])
        else:
            ports = dict(zip(proxy.web_ports, webs, strict=True))
            replacing = pool.submit(replace_in_turn, house, ports)
        for done in (replacing, pool.submit(hang_up, workers, WORKERS)):
            done.result()
    house.start("admitter")
    assert house.stop(admitter) == 0


def replace_on_one_port(house: House, web: Process) -> None:
    """Replace its processes, then the command itself by another one on the same port."""
    hang_up(web, WEB_PROCESSES)
    before = house.log.read_text().count("serving")
    start_web(house, house.port)
    eventually(
        lambda: house.log.read_text().count("serving") == before + WEB_PROCESSES,
        within_s=WITHIN_S,
    )
    assert house.stop(web) == 0


def replace_in_turn(house: House, webs: dict[int, Process]) -> None:
    """Replace the processes of each command, then stop and start each command."""
    for web in webs.values():
        hang_up(web, WEB_PROCESSES)
    for port, web in webs.items():
        assert house.stop(web) == 0
        start_web(house, port)
        eventually(lambda port=port: takes_visitors(port), within_s=WITHIN_S)


def start_web(house: House, port: int) -> Process:
    return house.start("web", "--port", str(port), "--processes", str(WEB_PROCESSES))


def takes_visitors(port: int) -> bool:
    """The result of a load balancer's probe."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/livez/line", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def hang_up(command: Process, processes: int) -> None:
    """Send SIGHUP, and wait until so many new processes have replaced all old ones."""
    old = children(command.pid)
    command.send_signal(signal.SIGHUP)

    def replaced() -> bool:
        return len(now := children(command.pid)) == processes and not now & old

    eventually(replaced, within_s=WITHIN_S)


def children(pid: int) -> set[int]:
    return set(family(pid)) - {pid}


def run(
    house: House, code: str, members: int, *, a_second: float, proxy: Proxy | None = None
) -> tuple[list[Observations], Tally]:
    """Replace all processes while the crowd is there. Returns its observations and the counts.

    proxy: None if members connect to the web itself, on the house's port.
    """
    tally = Tally()
    ports = proxy.web_ports if proxy else (house.port,)
    for port in ports:
        start_web(house, port)
    house.start("admitter")
    workers = house.start("worker", "--workers", str(WORKERS))
    for port in ports:
        eventually(lambda port=port: takes_visitors(port), within_s=WITHIN_S)
    eventually(lambda: len(children(workers.pid)) == WORKERS)
    # Slower than the arrivals, so that there is a line.
    house.offer(code, total=1_000_000, rate_per_s=0.7 * a_second, burst=1, seats=members)

    async def both() -> list[Observations]:
        replaced = asyncio.Event()
        sending = send_patrons(
            house, code, members, a_second=a_second, tally=tally, more=replaced, proxy=proxy
        )
        crowd = asyncio.create_task(sending)
        try:
            await asyncio.sleep(2.0)
            await asyncio.to_thread(replace_everything, house, proxy)
        finally:
            replaced.set()
        return await crowd

    return asyncio.run(both()), tally


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python3 -m tests.rolling_restart", description=__doc__)
    parser.add_argument("--members", type=int, default=5_000)
    parser.add_argument("--a-second", type=float, default=125.0, help="arrivals a second")
    options = parser.parse_args(words)
    raise_limit()
    code = f"rolling-{secrets.token_hex(4)}"
    with Servers() as servers, tempfile.TemporaryDirectory() as folder:
        name = f"waitroom_rolling_{secrets.token_hex(4)}"
        url = fresh_database(servers.database_url, name)
        engine = open_engine(url, connections_max=1, name="rolling")
        try:
            migrate(engine)
            with open_house(url, servers.redis_url, Path(folder)) as house:
                seen, tally = run(house, code, options.members, a_second=options.a_second)
            rows = list_holders(engine, code)
        finally:
            engine.dispose()
            drop_database(servers.database_url, name)
    issued = {one.member_id for one in seen if one.final == "issued"}
    print(f"{len(seen):,} members, {tally.requests:,} requests, {tally.streams:,} streams of them")
    print(f"reopened streams: {tally.returned:,}")
    print(f"retried on a fresh connection, as browsers do: {tally.retried:,}")
    print(f"retried as a proxy would: {tally.passed_on:,}")
    print(f"failed: {tally.failed.total():,}", *tally.failed.most_common(10), sep="\n  ")
    print(f"members with a coupon: {len(issued):,}; rows: {len(rows):,}")
    return 0 if not tally.failed and len(seen) == len(issued) == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
