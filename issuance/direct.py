"""Direct: issues to one member while the caller waits, without a line."""

from __future__ import annotations

from functools import partial

from redis.exceptions import RedisError
from sqlalchemy import Engine

from domain.coupon import Issuing
from issuance.errors import (
    NoSuchCoupon,
    NotDirect,
    OfficeAway,
    queue_cause,
    translate_postgres_errors,
)
from issuance.issue_transaction import until_codes_are_free
from issuance.locking.direct_issue import DirectIssue
from issuance.locking.optimistic import issue_optimistically
from issuance.locking.pessimistic import issue_pessimistically
from issuance.locking.redis_lock import LockLimits, issue_under_redis_lock
from issuance.offers import find_offer
from issuance.queue.redis_connection import QueueRedis


class DirectIssuer:
    """Issues each coupon in its own way (`issuing`), which never changes and so is cached."""

    def __init__(
        self, engine: Engine, redis: QueueRedis, lock_limits: LockLimits | None = None
    ) -> None:
        self._engine = engine
        self._redis = redis
        self._lock_limits = lock_limits or LockLimits()
        self._issuing: dict[str, Issuing] = {}

    def issue(self, code: str, member_id: str) -> DirectIssue:
        """The member's coupon, committed; a repeated call returns the same one.

        Raises a Refusal, NoSuchCoupon, OfficeAway; NotDirect for a coupon that has a line.
        """
        with translate_postgres_errors():
            return until_codes_are_free(partial(self._issue_once, code, member_id))

    def _issue_once(self, code: str, member_id: str) -> DirectIssue:
        way = self._way(code)
        if way == "pessimistic":
            return issue_pessimistically(self._engine, code, member_id)
        if way == "optimistic":
            return issue_optimistically(self._engine, code, member_id)
        if way == "redis_lock":
            return self._under_lock(code, member_id)
        raise NotDirect

    def _way(self, code: str) -> Issuing:
        if code not in self._issuing:
            with self._engine.begin() as tx:
                offer = find_offer(tx, code)
            if not offer.has_pages:
                raise NoSuchCoupon
            self._issuing[code] = offer.coupon.issuing
        return self._issuing[code]

    def _under_lock(self, code: str, member_id: str) -> DirectIssue:
        try:
            return issue_under_redis_lock(
                self._engine, self._redis, code, member_id, self._lock_limits
            )
        except RedisError as error:
            raise OfficeAway(queue_cause(error)) from error


def forget_lock(redis: QueueRedis, code: str) -> None:
    """Delete the keys that `redis_lock` keeps for a coupon. Raises OfficeAway."""
    try:
        redis.delete(f"waitroom:{{{code}}}:lock", f"waitroom:{{{code}}}:fence")
    except RedisError as error:
        raise OfficeAway(queue_cause(error)) from error
