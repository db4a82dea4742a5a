"""The stack: the real processes on somebody's servers, of which nothing is left afterwards."""

import os
import secrets
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

import psycopg
import pytest
from psycopg import sql
from redis import Redis

from issuance.deployment import LINE_KEY
from issuance.postgres import temporary_database
from issuance.postgres.temporary_database import NoTemporaryDatabase, create_temporary_database
from processes.local_stack import LocalStack, ProcessCounts, _without_settings
from processes.settings.reader import BadSettings
from tests.house import eventually
from tests.integration.deployment_cast import beside
from tests.needs import lacks, needs
from tests.servers import scratch_databases
from waitroom.redis_io.keys import ROOMS


@pytest.fixture
def given(servers):
    """Servers whose Redis has no rooms of other tests."""
    return {"DATABASE_URL": servers.database_url, "REDIS_URL": beside(servers.redis_url, 2)}


def keys_with(redis_url: str, part: str) -> list[bytes]:
    with Redis.from_url(redis_url) as redis:
        return list(redis.scan_iter(f"*{part}*", count=1_000))


def test_nothing_is_left_of_a_stage(servers, given, code):
    before = scratch_databases(servers.database_url)
    with LocalStack(ProcessCounts(workers=1), given) as stack:
        queue = stack.environ["QUEUE_NAME"]
        stack.offer(f"{code}-line", 2)
        stack.offer(f"{code}-lock", 2, issuing="redis_lock")
        token = stack.identity.sign("alice")
        for path in (f"rooms/{code}-line/enter", f"coupons/{code}-lock/issue"):
            call = f"{stack.base_url}/api/{path}"
            assert post(call, token) in (201, 202)
        assert len(scratch_databases(servers.database_url) - before) == 1
        assert keys_with(given["REDIS_URL"], f"{code}-lock") != []
        processes = list(stack.processes.values())
        assert len(processes) == 3

    assert all(process.poll() is not None for process in processes)
    assert scratch_databases(servers.database_url) == before
    # A room's keys are given a second, for whoever is asking about it.
    eventually(lambda: keys_with(given["REDIS_URL"], code) == [])
    assert keys_with(given["REDIS_URL"], queue) == []
    assert keys_with(given["REDIS_URL"], LINE_KEY) == []
    assert not stack.log.parent.exists()


def post(url: str, token: str) -> int:
    request = Request(url, method="POST")
    request.add_header("Authorization", f"Bearer {token}")
    with urlopen(request, timeout=60) as answer:
        return answer.status


@needs("roles")
def test_who_may_not_create_a_database_is_told_what_to_do(servers, given):
    role, password = f"waitroom_test_{secrets.token_hex(4)}", secrets.token_hex(16)
    with psycopg.connect(servers.database_url, autocommit=True) as admin:
        try:
            make = sql.SQL("CREATE ROLE {} LOGIN NOCREATEDB PASSWORD {}")
            admin.execute(make.format(sql.Identifier(role), sql.Literal(password)))
        except psycopg.errors.InsufficientPrivilege:
            lacks("roles")
        try:
            parts = urlsplit(servers.database_url)
            host = parts.netloc.rpartition("@")[2]
            mine = parts._replace(netloc=f"{role}:{quote(password)}@{host}").geturl()
            stack = LocalStack(ProcessCounts(), {**given, "DATABASE_URL": mine})
            with pytest.raises(NoTemporaryDatabase) as refused, stack:
                pass
        finally:
            admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))

    assert "CREATEDB" in str(refused.type.__doc__)
    assert stack.processes == {}


def test_whoever_is_ended_while_a_database_is_made_leaves_none(servers, monkeypatch):
    before = scratch_databases(servers.database_url)
    really = temporary_database._run

    def interrupted(database_url: str, command: str) -> None:
        really(database_url, command)
        if command.startswith("CREATE"):
            raise KeyboardInterrupt

    monkeypatch.setattr(temporary_database, "_run", interrupted)
    with pytest.raises(KeyboardInterrupt), create_temporary_database(servers.database_url):
        pass

    assert scratch_databases(servers.database_url) == before


def test_a_redis_with_rooms_of_others_is_refused_and_left_as_it_is(servers, given, code):
    before = scratch_databases(servers.database_url)
    with Redis.from_url(given["REDIS_URL"]) as redis:
        redis.sadd(ROOMS, code)
        stack = LocalStack(ProcessCounts(), given)
        with pytest.raises(BadSettings, match=code), stack:
            pass

        assert redis.srem(ROOMS, code) == 1

    assert stack.processes == {}
    assert scratch_databases(servers.database_url) == before


def test_settings_of_somebodys_own_processes_do_not_reach_the_stages():
    environ = {"PATH": "x", "DATABASE_URL_FILE": "x", "QUEUE_REDIS_URL": "x", "LEASE_S": "9"}

    assert _without_settings(environ) == {"PATH": "x"}
    assert "PATH" in _without_settings(os.environ)


def test_a_redis_of_another_deployment_is_refused(servers, given):
    before = scratch_databases(servers.database_url)
    with Redis.from_url(given["REDIS_URL"]) as redis:
        redis.set(LINE_KEY, "another-one")

        with (
            pytest.raises(BadSettings, match="belongs to another deployment"),
            LocalStack(ProcessCounts(), given),
        ):
            pass

        assert redis.getdel(LINE_KEY) == b"another-one"
    assert scratch_databases(servers.database_url) == before
