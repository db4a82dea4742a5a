"""A copied database gets a deployment id of its own, and says what its Redis needs."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis import Redis

from issuance.deployment import LINE_KEY
from processes.supervisor import EXIT_BAD_SETTINGS
from tests.house import House, eventually, open_house
from tests.integration.deployment_cast import beside, ended
from tests.servers import drop_database, fresh_database


@pytest.fixture
def copy(servers, database_url, redis_url: str, tmp_path: Path) -> Iterator[House]:
    """A backup of this database that was restored elsewhere, whose settings name this Redis."""
    name = f"waitroom_copy_{secrets.token_hex(4)}"
    copied = fresh_database(servers.database_url, name, template=urlsplit(database_url).path[1:])
    folder = tmp_path / "copy"
    folder.mkdir()
    with open_house(copied, redis_url, folder) as made:
        yield made
    drop_database(servers.database_url, name)


def test_a_copied_database_gets_an_id_of_its_own_and_leaves_redis_alone(house, copy, redis_url):
    production = house.start("admitter")
    eventually(lambda: "admitting" in house.log.read_text())
    with Redis.from_url(redis_url) as redis:
        own = redis.get(LINE_KEY)

    said = " ".join(copy.command("adopt", "--new-id", "--yes").split())
    process = copy.start("admitter")

    assert ended(copy, process) == EXIT_BAD_SETTINGS
    assert f"belongs to the original, {own.decode()}" in said
    assert "Set REDIS_URL" in said
    with Redis.from_url(redis_url) as redis:
        assert redis.get(LINE_KEY) == own
    assert production.poll() is None


def test_a_database_restored_over_another_ones_says_how_its_redis_is_used_again(copy, redis_url):
    """As production's backup in staging: staging's Redis has the id of what was replaced."""
    copy.environ["REDIS_URL"] = beside(redis_url, 1)
    with Redis.from_url(beside(redis_url, 1)) as redis:
        redis.set(LINE_KEY, "replaced")

        said = " ".join(copy.command("adopt", "--new-id", "--yes").split())
        refused = ended(copy, copy.start("admitter"))
        redis.flushdb()
        process = copy.start("admitter")
        eventually(lambda: "admitting" in copy.log.read_text())

        assert "belongs to replaced" in said
        assert "FLUSHDB" in said
        assert refused == EXIT_BAD_SETTINGS
        assert process.poll() is None
        copy.stop(process)
        redis.flushdb()
