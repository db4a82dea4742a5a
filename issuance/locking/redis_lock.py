"""Redis lock: a distributed lock around the transaction, and a fence that does not trust it.

A lease can run out while its holder sleeps (a long collection of garbage, a stopped machine), and
then two hold the lock. So each holder has a token that only grows, announces it in Postgres before
it reads, and writes only while its own is still the one announced last. (The fencing token is
Martin Kleppmann's, "How to do distributed locking", 2016; announcing before the read is what
makes it hold for a decision that depends on what was read.)
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

_SHORTLY = "SET LOCAL synchronous_commit = off"
_ANNOUNCE = compile_statement(
    update(coupons)
    .where(coupons.c.code == bindparam("of_code"))
    .values(fence=func.greatest(coupons.c.fence, bindparam("token", type_=coupons.c.fence.type)))
    .returning(coupons.c.fence)
)
_WRITE = compile_issue_statement(coupons.c.fence == bindparam("token"))


@dataclass(frozen=True, slots=True)
class LockLimits:
    """lease_s: after that the lock is free again. wait_s: for the lock. look_every_s: meanwhile."""

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
    """Lock, announce, read, decide, write behind the fence.

    Raises a Refusal, NoSuchCoupon, and OfficeAway where the lock was not to be had in time or the
    fence kept us out each time.
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
    """None where the fence kept us out: somebody with a later token has announced it."""
    announced = _announce(engine, code, token)
    if announced != token:
        # A Redis that lost its counter gives tokens from the past: bring it up to Postgres's.
        redis.incrby(_token_key(code), announced - token)
        return None
    with open_issue_transaction(engine) as tx:
        coupon, row, holders = tx.load_coupon(FIND, code, [member_id])
        decided = decide(coupon, holders, member_id, row.read_at)
        if decided.is_new and not tx.write_issued(_WRITE, coupon, [decided.issued], token=token):
            return None
    return decided


def _announce(engine: Engine, code: str, token: int) -> int:
    """Make `token` the fence if it is later than all before; the fence as it stands then.

    Needs no flush to disk: a fence that a crash forgets keeps its own announcer out too.
    """
    with open_issue_transaction(engine) as tx:
        _, fences = tx.fetch_all((_SHORTLY, {}), (_ANNOUNCE, {"of_code": code, "token": token}))
        if not fences:
            raise NoSuchCoupon
        tx.commit()
    return int(fences[0].fence)


@contextmanager
def _locked(redis: QueueRedis, code: str, limits: LockLimits) -> Iterator[int]:
    """The lock of this coupon, and a token later than all before."""
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
        # A lease that ran out is nobody's loss: the fence has seen to it.
        with suppress(LockError, RedisError):
            lock.release()


def _token_key(code: str) -> str:
    return f"waitroom:{{{code}}}:fence"
