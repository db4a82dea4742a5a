"""How many requests of signed-out visitors reach `web` through nginx, without a cache and with one.

    .venv/bin/python -m tests.witnesses.cache_visits --visitors 10000 --a-second 200

runs nginx with deploy/nginx.conf before a `web` on servers of its own, first as the file is, then
with its lines for caching. Visitors come at fixed times, however slowly others are served: each
opens a coupon's page and what it names, by one connection from an address of their own. Exits with
1 if a visitor did not get the page in their language.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import ipaddress
import re
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from issuance.migrate import migrate
from issuance.postgres.engine import open_engine
from load.page_visit import page_links
from processes.child_process import free_port
from processes.open_files import raise_limit
from tests.house import House, open_house
from tests.servers import Servers, drop_database, fresh_database
from tests.witnesses.fronts import NAME, Front, in_front_of

VISIT_WITHIN_S = 60.0
REDIRECTS_MAX = 2
ADDRESSES_FROM = ipaddress.IPv4Address("127.16.0.0")  # all of 127.0.0.0/8 is this machine
LANGUAGES = ("ko", "en")
# As browsers send them: Chrome, Safari, an old one.
ENCODINGS = ("gzip, deflate, br, zstd", "gzip, deflate, br", "gzip, deflate")
_COUNTED = re.compile(r'^waitroom_http_requests_total\{.*?route="([^"]*)".*\} (\S+)', re.MULTILINE)


@dataclass(slots=True)
class Visits:
    """sent: requests, to nginx. reached_web: by route. failed: visitors, by what they saw."""

    sent: int = 0
    reached_web: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class Visitor:
    """Somebody new with a connection, an address, a language and a browser of their own."""

    def __init__(self, number: int, visits: Visits) -> None:
        self._address = str(ADDRESSES_FROM + number)
        self._language = LANGUAGES[number % len(LANGUAGES)]
        self._encoding = ENCODINGS[number % len(ENCODINGS)]
        self._visits = visits

    async def look_at(self, front: Front, path: str) -> None:
        """Open the page in their language, as the shop's link names it, and what the page names.

        Counts what went wrong.
        """
        try:
            async with asyncio.timeout(VISIT_WITHIN_S):
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1",
                    front.port,
                    ssl=front.tls,
                    server_hostname=NAME,
                    local_addr=(self._address, 0),
                )
                try:
                    await self._visit(reader, writer, f"{path}?lang={self._language}")
                finally:
                    writer.close()
                    with suppress(OSError):
                        await writer.wait_closed()
        except (OSError, EOFError, TimeoutError) as error:
            self._visits.failed[type(error).__name__] += 1

    async def _visit(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str
    ) -> None:
        for _ in range(REDIRECTS_MAX + 1):
            page = await self._ask(reader, writer, path)
            if page.status not in (302, 303, 307):
                break
            path = page.headers["location"].removeprefix(f"https://{NAME}")
        html = _text(page)
        if page.status != 200 or f'<html lang="{self._language}"' not in html:
            self._visits.failed[f"{page.status}, not in {self._language}"] += 1
            return
        for asset in page_links(html).assets:
            if (await self._ask(reader, writer, asset)).status != 200:
                self._visits.failed[f"no {asset}"] += 1

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str
    ) -> Answer:
        self._visits.sent += 1
        head = f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\nAccept-Language: {self._language}\r\n"
        writer.write(f"{head}Accept-Encoding: {self._encoding}\r\n\r\n".encode())
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        pairs = [line.partition(":") for line in lines if line]
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        body = b""
        if headers.get("transfer-encoding") == "chunked":
            while size := int(await reader.readuntil(b"\r\n"), 16):
                body += (await reader.readexactly(size + 2))[:-2]
            await reader.readexactly(2)
        else:
            body = await reader.readexactly(int(headers.get("content-length", 0)))
        return Answer(int(first.split()[1]), headers, body)


def _text(page: Answer) -> str:
    is_packed = page.headers.get("content-encoding") == "gzip"
    return (gzip.decompress(page.body) if is_packed else page.body).decode()


def send_visitors(
    house: House, front: Front, path: str, visitors: int, a_second: float, *, caching: bool
) -> Visits:
    """Send them through nginx, and count what reached the house's `web`."""
    visits = Visits()

    async def all_of_them() -> None:
        began, coming = time.monotonic(), []
        for number in range(visitors):
            await asyncio.sleep(max(0.0, began + number / a_second - time.monotonic()))
            coming.append(asyncio.create_task(Visitor(number, visits).look_at(front, path)))
        await asyncio.gather(*coming)

    with in_front_of(front, (house.port, house.port), caching=caching):
        before = requests_by_route(house)
        asyncio.run(all_of_them())
        visits.reached_web = requests_by_route(house) - before
    return visits


def requests_by_route(house: House) -> Counter[str]:
    """Without /metrics itself."""
    with urllib.request.urlopen(f"{house.base_url}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    found: Counter[str] = Counter()
    for route, count in _COUNTED.findall(text):
        found[route] += int(float(count))
    del found["/metrics"], found["/readyz"]
    return found


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python3 -m tests.witnesses.cache_visits")
    parser.add_argument("--visitors", type=int, default=10_000)
    parser.add_argument("--a-second", type=float, default=200.0, help="arrivals a second")
    options = parser.parse_args(words)
    raise_limit()
    failed = 0
    with Servers() as servers, tempfile.TemporaryDirectory() as folder:
        name = "waitroom_cache_visits"
        url = fresh_database(servers.database_url, name)
        engine = open_engine(url, connections_max=1, name="visits")
        migrate(engine)
        engine.dispose()
        settings = {"BASE_URL": f"https://{NAME}", "FORWARDED_ALLOW_IPS": "127.0.0.1"}
        with open_house(url, servers.redis_url, Path(folder), **settings) as house:
            house.start_web()
            house.offer("spring", total=1_000)
            for caching in (False, True):
                front = Front(free_port(), free_port())
                visits = send_visitors(
                    house, front, "/coupons/spring", options.visitors, options.a_second,
                    caching=caching,
                )  # fmt: skip
                print_visits(options.visitors, visits, caching=caching)
                failed += visits.failed.total()
        drop_database(servers.database_url, name)
    return 1 if failed else 0


def print_visits(visitors: int, visits: Visits, *, caching: bool) -> None:
    of_web = visits.reached_web
    print(f"{'with' if caching else 'without'} a cache: {visitors:,} visitors, ", end="")
    print(f"{visits.sent:,} requests, of which {of_web.total():,} reached web:")
    for route, count in of_web.most_common():
        print(f"  {count:>7,}  {route}")
    for what, count in visits.failed.most_common():
        print(f"  {count:>7,}  visitors failed: {what}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
