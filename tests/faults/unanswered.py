"""Unanswered: says where members without a final answer are, and what every part is doing.

A stall shows once in many runs, so the run in which it shows must say enough to find its cause.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psycopg
from redis import Redis
from redis.exceptions import RedisError

from load.bench.process_usage import family
from tests.faults.members import Record
from tests.faults.signals import send
from tests.nursery import STACKS_SIGNAL
from waitroom.redis_io.keys import Keys

NAMED_MAX = 5  # members whose last answer is printed, for each kind of answer
LOG_LINES = 200
# Long enough for a process to write its stacks.
STACKS_WITHIN_S = 1.0
_TABLES = ("issued_coupons", "refusals", "spent_tickets")


def describe_unanswered(
    records: Sequence[Record],
    code: str,
    *,
    redis_url: str,
    postgres_url: str,
    queue: str,
    pids: Mapping[str, int],
    log: Callable[[], str],
) -> list[str]:
    """Lines about the members, the line, the queue, Postgres, and each process' stacks.

    redis_url, postgres_url: of the servers, not of the links, which may hang. pids: the commands.
    """
    members = [record for record in records if record.final is None]
    return [
        *_answers(members),
        *_attempt("redis", lambda: _line(members, Keys(code), redis_url)),
        *_attempt("queue", lambda: _queue(redis_url, queue)),
        *_attempt("postgres", lambda: _postgres(postgres_url)),
        *_stacks(pids, log),
    ]


def _attempt(part: str, look: Callable[[], list[str]]) -> list[str]:
    try:
        return look()
    except (RedisError, psycopg.Error) as error:
        return [f"{part}: {error}"]


def _answers(members: Sequence[Record]) -> list[str]:
    """How many members got which answer last, and the last answers of some."""
    last = [(record, record.answers[-1] if record.answers else None) for record in members]
    said = Counter(answer.said if answer else "nothing" for _, answer in last)
    lines = [f"without a final answer: {len(members)}; their last answers: {dict(said)}"]
    for kind in said:
        some = [one for one in last if (one[1].said if one[1] else "nothing") == kind]
        lines += [f"  {record.member_id} {answer}" for record, answer in some[:NAMED_MAX]]
    return lines


def _line(members: Sequence[Record], keys: Keys, url: str) -> list[str]:
    """The room, and how many of the members each key holds."""
    ids = [record.member_id for record in members]
    with Redis.from_url(url, socket_timeout=5, decode_responses=True) as redis:
        seconds, us = redis.time()  # type: ignore[misc]  # the stub is of the async client
        lines = [f"redis: now {seconds * 1_000_000 + us}"]
        for name in ("room", "bucket"):
            found: Any = redis.hgetall(getattr(keys, name))
            lines.append(f"  {name}: {dict(sorted(found.items()))}")
        for name in ("waiting", "admitted", "arrivals", "admissions", "outcomes", "away", "spent"):
            lines.append(f"  {name}: {_held(redis, getattr(keys, name), ids)}")
        due: Any = redis.zrange(keys.admitted, 0, NAMED_MAX, withscores=True)
        lines.append(f"  admitted, first due: {[(member, f'{at:.0f}') for member, at in due]}")
        lines.append(f"  clients: {Counter(one['cmd'] for one in redis.client_list())}")
    return lines


def _held(redis: Any, key: str, ids: Sequence[str]) -> str:
    if redis.type(key) == "zset":
        size, held = redis.zcard(key), redis.zmscore(key, ids) if ids else []
    else:
        size, held = redis.hlen(key), redis.hmget(key, ids) if ids else []
    return f"{size}, of them {sum(one is not None for one in held)} without a final answer"


def _queue(url: str, queue: str) -> list[str]:
    with Redis.from_url(url, socket_timeout=5, decode_responses=True) as redis:
        lists = {name: redis.llen(f"rq:queue:{queue}{name}") for name in ("", ":intermediate")}
        workers: Any = redis.smembers(f"rq:workers:{queue}")
        states = [redis.hgetall(worker) for worker in workers]
        failed, begun = redis.zcard(f"rq:failed:{queue}"), redis.zcard(f"rq:wip:{queue}")
    counts = f"waiting {lists['']}, taken {lists[':intermediate']}, begun {begun}, failed {failed}"
    return [f"queue: {counts}", *(f"  worker: {state}" for state in states)]


def _postgres(url: str) -> list[str]:
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        coupon = connection.execute("SELECT total_count, used_count FROM coupons").fetchall()
        mark = connection.execute("SELECT * FROM watermarks").fetchall()
        rows = {}
        for table in _TABLES:
            counted = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            rows[table] = counted and counted[0]
        activity = connection.execute(
            "SELECT application_name, state, wait_event, now() - state_change, left(query, 60)"
            " FROM pg_stat_activity WHERE application_name LIKE 'waitroom %'"
        ).fetchall()
    return [
        f"postgres: (total, used) {coupon}, rows {rows}, watermark {mark}",
        *(f"  {' | '.join(map(str, one))}" for one in activity),
    ]


def _stacks(pids: Mapping[str, int], log: Callable[[], str]) -> list[str]:
    """The end of the log, with the stacks of all threads of all processes."""
    named = {name: family(pid) for name, pid in pids.items()}
    for each in named.values():
        for pid in each:
            send(pid, STACKS_SIGNAL)
    time.sleep(STACKS_WITHIN_S)
    lines = log().splitlines()[-LOG_LINES:]
    return [f"processes: {named}", "the log's end:", *(f"  {line}" for line in lines)]
