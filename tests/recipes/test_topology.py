"""A new Redis topology, by the recipe of CONTRIBUTING.md: three code files."""

from __future__ import annotations

from tests.recipes.planted_copy import PlantedCopy, files_of_recipe

MODULE, URLS, LOOKUPS = "topology/from_file.py", "topology/redis_url.py", "topology/lookups.py"
PARSE = '''"""A Redis whose address another program writes to a file: `redis+file://:password@/path`."""

from __future__ import annotations

from dataclasses import dataclass

from topology.redis_topology import RedisTopology


@dataclass(frozen=True)
class AddressFile(RedisTopology):
    path: str


def parse_file_url(url: str) -> AddressFile:
    user, _, path = url.removeprefix("redis+file://").rpartition("@")
    if not path.startswith("/"):
        raise ValueError("must have the path of a file, as redis+file:///run/redis-address")
    return AddressFile(f"redis://{user}@file/0", path, path)
'''
LOOKUP = '''
class FileLookup:
    def __init__(self, topology: AddressFile) -> None:
        self._path = topology.path

    async def locate(self) -> Address:
        return self.locate_blocking()

    def locate_blocking(self) -> Address:
        host, port = Path(self._path).read_text().split(":")
        return host, int(port)

    def doubt(self) -> None:
        """Another program writes the file."""


LOOKUPS: dict'''
TEST = """
from urllib.parse import urlsplit

from issuance.queue.redis_connection import open_queue_redis
from processes.settings.reader import read_settings
from processes.settings.worker import WorkerSettings
from tests.unit.settings_cast import environ
from waitroom.line import open_line


async def test_all_clients_find_the_address_in_the_file(redis_url, tmp_path):
    parts, file = urlsplit(redis_url), tmp_path / "address"
    file.write_text(f"{parts.hostname}:{parts.port or 6379}")
    url = f"redis+file://:{parts.password or ''}@{file}"
    settings = read_settings(WorkerSettings, environ | {"REDIS_URL": url})

    line = open_line(settings.REDIS_URL)
    await line.probe.write()
    await line.rate_limiter.wait_s("a client", 1)
    await line.aclose()
    with open_queue_redis(settings.queue_redis_url, timeout_s=1) as queue:
        assert queue.ping()
"""


def test_a_topology_takes_three_code_files_and_all_clients_follow_it(copy: PlantedCopy, servers):
    copy.write(MODULE, PARSE)
    copy.replace(
        URLS, '    "unix": parse_single_url,\n',
        '    "unix": parse_single_url,\n    "redis+file": parse_file_url,\n',
    )  # fmt: skip
    copy.replace(
        URLS, "from topology.redis_topology import RedisTopology\n",
        "from topology.from_file import parse_file_url\n"
        "from topology.redis_topology import RedisTopology\n",
    )  # fmt: skip
    copy.replace(LOOKUPS, "LOOKUPS: dict", LOOKUP)
    copy.replace(LOOKUPS, "{Sentinels: SentinelLookup}", (
        "{\n    Sentinels: SentinelLookup,\n    AddressFile: FileLookup,\n}"
    ))  # fmt: skip
    copy.replace(
        LOOKUPS, "from topology.redis_topology import Address, RedisTopology\n",
        "from topology.from_file import AddressFile\n"
        "from topology.redis_topology import Address, RedisTopology\n",
    )  # fmt: skip
    copy.replace(LOOKUPS, "from typing import Any, Protocol\n",
                 "from pathlib import Path\nfrom typing import Any, Protocol\n")  # fmt: skip

    assert copy.changed_code_files() == [MODULE, LOOKUPS, URLS]
    copy.write("tests/integration/test_planted_topology.py", TEST)
    copy.run_tests("tests/integration/test_planted_topology.py", servers=servers)


def test_the_recipe_names_the_files_that_a_topology_takes():
    assert files_of_recipe("A Redis topology") == ["topology/NAME.py", URLS, LOOKUPS]
