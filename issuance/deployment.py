"""Deployment: keeps two deployments from sharing one Redis or one queue by mistake.

`waitroom migrate` creates the deployment's id in Postgres. The first process that uses a Redis or a
queue writes the id there; a process that finds another id there exits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID, uuid4

from psycopg.errors import UndefinedTable
from redis.exceptions import RedisError
from sqlalchemy import Engine, select, update

from issuance.errors import (
    OfficeAway,
    OfficeError,
    OfficeRefused,
    queue_cause,
    translate_postgres_errors,
)
from issuance.queue.redis_connection import QueueRedis
from issuance.tables import deployment
from topology.primary import redis_label

LINE_KEY = "waitroom:deployment"
_ID = re.compile(rb"[A-Za-z0-9\-]{1,64}")

R = TypeVar("R")


class NoDeployment(OfficeAway):
    """The database has no deployment id yet. Run `waitroom migrate`."""


class OtherDeployment(OfficeError):
    """A Redis or a queue belongs to another deployment.

    place: which one; found, own: the ids.
    """

    def __init__(self, place: DeploymentClaim, found: str, own: str) -> None:
        super().__init__(
            f"{place.words} belongs to another deployment: it holds the id {found}, and this "
            f"database has {own}. Two deployments that share it would mix up their members. "
            f"{place.advice} Or take it over with `waitroom adopt`: the other deployment then stops"
        )
        self.place, self.found, self.own = place, found, own


@dataclass(frozen=True, slots=True)
class DeploymentClaim:
    """A Redis key that holds the id of its deployment. Each method raises OfficeAway.

    words: names the Redis or the queue in errors; advice: the settings to change.
    """

    redis: QueueRedis
    key: str
    words: str
    advice: str

    def holder(self) -> str | None:
        """The id in Redis; None if there is none."""
        return self._run(lambda: _text(self.redis.get(self.key)))

    def claim(self, own: str) -> str | None:
        """Write the id if there is none. Returns another deployment's id if Redis holds one."""
        found = self.holder()
        if found is None:
            # NX: of two deployments that claim at once, one wins; read again to see which.
            self._run(lambda: self.redis.set(self.key, own, nx=True))
            found = self.holder()
        return None if found in (None, own) else found

    def take_over(self, own: str) -> None:
        self._run(lambda: self.redis.set(self.key, own))

    def release(self, own: str) -> None:
        """Delete the id if it is ours, when the deployment gives up this Redis."""
        if self.holder() == own:
            self._run(lambda: self.redis.delete(self.key))

    def _run(self, call: Callable[[], R]) -> R:
        try:
            return call()
        except RedisError as error:
            raise OfficeAway(queue_cause(error)) from error


def _text(raw: Any) -> str | None:
    """The id; another program's value may be of any form and length."""
    if raw is None:
        return None
    return raw.decode() if _ID.fullmatch(raw) else "(unreadable)"


def deployment_claims(
    line: QueueRedis, queue: QueueRedis, queue_name: str
) -> tuple[DeploymentClaim, DeploymentClaim]:
    """The claims on the line's Redis and on this queue."""
    return (
        DeploymentClaim(
            line,
            LINE_KEY,
            f"The line's Redis at {redis_label(line)}",
            "Set REDIS_URL to a Redis database that no other deployment uses, such as "
            "redis://host:6379/1.",
        ),
        DeploymentClaim(
            queue,
            f"waitroom:queue:{queue_name}:deployment",
            f"The queue {queue_name} at {redis_label(queue)}",
            "Set QUEUE_NAME or QUEUE_REDIS_URL to a queue that no other deployment uses.",
        ),
    )


def deployment_id(engine: Engine) -> str:
    """The id of this database. Raises NoDeployment, OfficeAway."""
    try:
        with translate_postgres_errors(), engine.connect() as tx:
            found: UUID | None = tx.execute(select(deployment.c.id)).scalar_one_or_none()
    except OfficeRefused as error:
        if isinstance(getattr(error.__cause__, "orig", None), UndefinedTable):
            raise NoDeployment from error
        raise
    if found is None:
        raise NoDeployment
    return str(found)


def renew_deployment_id(engine: Engine) -> str:
    """Give this database a new id, which a copied database needs. Raises as `deployment_id`."""
    new = uuid4()
    with translate_postgres_errors(), engine.begin() as tx:
        changed = tx.execute(update(deployment).values(id=new))
    if not changed.rowcount:
        raise NoDeployment
    return str(new)


class Deployment:
    """Checks that this process' Redis and queue belong to its deployment."""

    def __init__(self, read_id: Callable[[], str], where: Sequence[DeploymentClaim]) -> None:
        self._read_id = read_id
        self.places = tuple(where)
        self.id = ""

    def check(self) -> None:
        """Claim the Redis and the queue, or verify that they are ours.

        Raises OtherDeployment; OfficeAway if the id is not known yet and Postgres is unreachable,
        or if a Redis does not answer.
        """
        own = self.id or self._read_id()
        try:
            self._claim(own)
        except OtherDeployment:
            # `waitroom adopt` may have renewed this database's id since we read it.
            renewed = self._renewed(own)
            if renewed == own:
                raise
            own = renewed
            self._claim(own)
        self.id = own

    def _claim(self, own: str) -> None:
        for place in self.places:
            found = place.claim(own)
            if found is not None:
                raise OtherDeployment(place, found, own)

    def _renewed(self, own: str) -> str:
        try:
            return self._read_id()
        except OfficeAway:
            return own
