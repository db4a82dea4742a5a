"""Causes: an address and what it did, in one sentence, without passwords and people."""

import pytest

from domain.stores.error_cause import describe_cause
from domain.stores.redis_eviction import eviction_policy

SAID = [
    (
        (
            'connection failed: connection to server at "127.0.0.1", port 5432 failed: Connection '
            "refused\n\tIs the server running on that host and accepting TCP/IP connections?"
        ),
        "127.0.0.1:5432 refused the connection",
    ),
    (
        'connection failed: connection to server at "::1", port 5432 failed: Connection refused',
        "[::1]:5432 refused the connection",
    ),
    (
        (
            'connection failed: connection to server at "db" (10.0.0.5), port 5432 failed: FATAL:  '
            'password authentication failed for user "shop"'
        ),
        'db:5432: password authentication failed for user "shop"',
    ),
    (
        (
            'connection is bad: connection to server on socket "/run/.s.PGSQL.5432" failed: '
            "No such file or directory"
        ),
        "/run/.s.PGSQL.5432 does not exist: no server listens there",
    ),
    (
        "failed to resolve host 'db.invalid': [Errno -2] Name or service not known",
        "db.invalid is an unknown host name",
    ),
    (
        "Error 111 connecting to 127.0.0.1:6379. Connect call failed ('127.0.0.1', 6379).",
        "127.0.0.1:6379 refused the connection",
    ),
    ("Timeout reading from 127.0.0.1:6379", "127.0.0.1:6379 does not answer in time"),
    (
        "Error 2 connecting to /tmp/redis.sock. No such file or directory.",
        "/tmp/redis.sock does not exist: no server listens there",
    ),
    (
        (
            "Command # 3 (HSET waitroom:{spring}:tally member-77 secret) of pipeline caused error: "
            "command not allowed when used memory > 'maxmemory'."
        ),
        "command not allowed when used memory > 'maxmemory'.",
    ),
    (
        (
            "connection failed: server closed it\nMultiple connection attempts failed. All "
            "failures were:\n- host: 'db1', port: '5432', hostaddr: '::1': connection failed: "
            'connection to server at "::1", port 5432 failed: Connection refused\n\tIs the server '
            "running?\n- host: 'db2', port: '5433', hostaddr: None: connection timeout expired"
        ),
        "[::1]:5432 refused the connection; db2:5433 does not answer in time",
    ),
    ("server closed the connection\n\tThis probably means", "server closed the connection"),
]


@pytest.mark.parametrize(("message", "said"), SAID, ids=range(len(SAID)))
def test_a_drivers_message_becomes_a_sentence(message, said):
    assert describe_cause(RuntimeError(message)) == said


def test_a_message_without_an_address_is_given_the_stores():
    assert describe_cause(RuntimeError("connection timeout expired"), "db:5432") == (
        "db:5432 does not answer in time"
    )
    assert describe_cause(RuntimeError("protocol error"), "db:5432") == "db:5432: protocol error"


def test_an_error_without_words_is_named():
    assert describe_cause(EOFError()) == "EOFError"


@pytest.mark.parametrize(
    ("info", "policy"),
    [
        ({"maxmemory": 1_000, "maxmemory_policy": "allkeys-lru"}, "allkeys-lru"),
        ({"maxmemory": 1_000, "maxmemory_policy": "noeviction"}, ""),
        ({"maxmemory": 0, "maxmemory_policy": "allkeys-lru"}, ""),
        ({"maxmemory_policy": "volatile-ttl"}, "volatile-ttl"),  # a host that does not say more
        ({}, ""),
    ],
)
def test_only_a_bounded_redis_with_a_policy_may_evict(info, policy):
    assert eviction_policy(info) == policy
