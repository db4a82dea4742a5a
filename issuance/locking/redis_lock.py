"""Redis lock: a distributed lock around the transaction, with a fencing token in Postgres.

A lease can expire while its holder sleeps (garbage collection, a stopped machine); then two hold
the lock. So each holder gets a growing token, writes it to Postgres ("announces" it) before it
reads, and commits only while no later token is announced. The fencing token is from Martin
Kleppmann, "How to do distributed locking" (2016); announcing before the read protects decisions
that depend on what was read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from redis.exceptions import LockError, RedisError
from redis.lock import Lock
from sqlalchemy import Engine, bindparam, func, update

from issuance.errors import NoSuchCoupon, OfficeAway, queue_cause
from issuance.issue_transaction import (
    FIND,
    compile_issue_statement,
    compile_statement,
    open_issue_transaction,
)
from issuance.locking.direct_issue import DirectIssue, decide
from issuance.queue.redis_connection import QueueRedis
from issuance.tables import coupons

ATTEMPTS_MAX = 5

_COMMIT_ASYNC = "SET LOCAL synchronous_commit = off"
_ANNOUNCE = compile_statement(
    update(coupons)
    .where(coupons.c.code == bindparam("of_code"))
    .values(fence=func.greatest(coupons.c.fence, bindparam("token", type_=coupons.c.fence.type)))
    .returning(coupons.c.fence)
)
_WRITE = compile_issue_statement(coupons.c.fence == bindparam("token"))


@dataclass(frozen=True, slots=True)
class LockLimits:
    """lease_s: the lock's expiry. wait_s: the longest wait for it. look_every_s: between tries."""

    lease_s: float = 5.0
    wait_s: float = 2.0
    look_every_s: float = 0.01


def issue_under_redis_lock(
    engine: Engine,
    redis: QueueRedis,
    code: str,
    member_id: str,
    limits: LockLimits,
) -> DirectIssue:
    """Lock, announce the token, read, decide, and write if the token is still the latest.

    Raises a Refusal, NoSuchCoupon; OfficeAway if the lock stayed taken for wait_s, or if later
    tokens won ATTEMPTS_MAX times.
    """
    for attempt in range(ATTEMPTS_MAX):
        with _locked(redis, code, limits) as token:
            decided = _attempt(engine, redis, code, member_id, token)
        if decided is not None:
            return replace(decided, retries=attempt)
    raise OfficeAway


def _attempt(
    engine: Engine, redis: QueueRedis, code: str, member_id: str, token: int
) -> DirectIssue | None:
    """None if another holder has announced a later token."""
    announced = _announce(engine, code, token)
    if announced != token:
        # A Redis that lost its counter issues old tokens: raise the counter to Postgres' fence.
        redis.incrby(_token_key(code), announced - token)
        return None
    with open_issue_transaction(engine) as tx:
        coupon, row, holders = tx.load_coupon(FIND, code, [member_id])
        decided = decide(coupon, holders, member_id, row.read_at)
        if decided.is_new and not tx.write_issued(_WRITE, coupon, [decided.issued], token=token):
            return None
    return decided


def _announce(engine: Engine, code: str, token: int) -> int:
    """Raise the fence to `token` unless it is higher. Returns the fence.

    Commits asynchronously: if a crash loses the fence, its announcer can't write either.
    """
    with open_issue_transaction(engine) as tx:
        _, fences = tx.fetch_all(
            (_COMMIT_ASYNC, {}), (_ANNOUNCE, {"of_code": code, "token": token})
        )
        if not fences:
            raise NoSuchCoupon
        tx.commit()
    return int(fences[0].fence)


@contextmanager
def _locked(redis: QueueRedis, code: str, limits: LockLimits) -> Iterator[int]:
    """Hold this coupon's lock; yields a token that is higher than all before."""
    lock = Lock(
        redis,
        f"waitroom:{{{code}}}:lock",
        timeout=limits.lease_s,
        sleep=limits.look_every_s,
        blocking_timeout=limits.wait_s,
        thread_local=False,
    )
    try:
        if not lock.acquire():
            raise OfficeAway
        token = redis.incr(_token_key(code))
    except RedisError as error:
        raise OfficeAway(queue_cause(error)) from error
    try:
        yield int(token)
    finally:
        # An expired lease is harmless: the fence has kept this holder from writing.
        with suppress(LockError, RedisError):
            lock.release()


def _token_key(code: str) -> str:
    return f"waitroom:{{{code}}}:fence"
