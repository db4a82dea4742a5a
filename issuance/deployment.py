"""Deployment: which database a Redis and a queue belong to, so that no two share one by mistake.

`waitroom migrate` makes the id and keeps it in Postgres. The first process that uses a Redis or a
queue writes it there; each process that finds another one there ends.
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

LINE_KEY = "waitroom:deployment"
_ID = re.compile(rb"[A-Za-z0-9\-]{1,64}")

R = TypeVar("R")


class NoDeployment(OfficeAway):
    """The database has no deployment id yet. Run `waitroom migrate`."""


class OtherDeployment(OfficeError):
    """What was found belongs to another deployment.

    place: what it is and where; setting: the one to change; found, own: the ids.
    """

    def __init__(self, place: DeploymentClaim, found: str, own: str) -> None:
        super().__init__(
            f"{place.words} belongs to another deployment: it holds the id {found}, and this "
            f"database has {own}. Two that share it would answer for each other. {place.advice} "
            "Or take it over from the other one, which ends then: `waitroom adopt`"
        )
        self.place, self.found, self.own = place, found, own


@dataclass(frozen=True, slots=True)
class DeploymentClaim:
    """A key of a Redis that says which deployment it belongs to. Each method raises OfficeAway."""

    redis: QueueRedis
    key: str
    words: str
    advice: str

    def holder(self) -> str | None:
        """The id that is there; None where nobody has been."""
        return self._run(lambda: _text(self.redis.get(self.key)))

    def claim(self, own: str) -> str | None:
        """Write the id if none is there. Returns another deployment's that is.

        Of two that come at once Redis takes one; the other is told of it.
        """
        found = self.holder()
        if found is None:
            # Where somebody else was faster, it says so.
            self._run(lambda: self.redis.set(self.key, own, nx=True))
            found = self.holder()
        return None if found in (None, own) else found

    def take_over(self, own: str) -> None:
        self._run(lambda: self.redis.set(self.key, own))

    def release(self, own: str) -> None:
        """Forget the id if it is ours: nobody uses this Redis any more."""
        if self.holder() == own:
            self._run(lambda: self.redis.delete(self.key))

    def _run(self, ask: Callable[[], R]) -> R:
        try:
            return ask()
        except RedisError as error:
            raise OfficeAway(queue_cause(error)) from error


def _text(raw: Any) -> str | None:
    """Whatever is written there is not ours, but may be no id and of any length."""
    if raw is None:
        return None
    return raw.decode() if _ID.fullmatch(raw) else "(unreadable)"


def deployment_claims(
    line: QueueRedis, queue: QueueRedis, queue_name: str
) -> tuple[DeploymentClaim, DeploymentClaim]:
    """Where the id is kept: in the line's Redis, and for this queue in the queue's."""
    return (
        DeploymentClaim(
            line,
            LINE_KEY,
            f"The line's Redis at {redis_address(line)}",
            "Give this one a Redis or a database of its own: REDIS_URL, as redis://host:6379/1.",
        ),
        DeploymentClaim(
            queue,
            f"waitroom:queue:{queue_name}:deployment",
            f"The queue {queue_name} at {redis_address(queue)}",
            "Give this one a queue of its own: another QUEUE_NAME, or another QUEUE_REDIS_URL.",
        ),
    )


def redis_address(redis: QueueRedis) -> str:
    """Host, port and database, or a socket's path; never a password."""
    known = redis.connection_pool.connection_kwargs
    where = known.get("path") or f"{known.get('host', 'localhost')}:{known.get('port', 6379)}"
    return f"{where}/{known.get('db') or 0}"


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
    """Give this database another id, as one that was copied needs. Raises as `deployment_id`."""
    new = uuid4()
    with translate_postgres_errors(), engine.begin() as tx:
        changed = tx.execute(update(deployment).values(id=new))
    if not changed.rowcount:
        raise NoDeployment
    return str(new)


class Deployment:
    """This deployment, as one process knows it."""

    def __init__(self, read_id: Callable[[], str], where: Sequence[DeploymentClaim]) -> None:
        self._read_id = read_id
        self.places = tuple(where)
        self.id = ""

    def check(self) -> None:
        """Look whose the places are, and claim what is nobody's.

        Raises OtherDeployment; OfficeAway where Postgres has not said the id yet, or a Redis does
        not answer.
        """
        own = self.id or self._read_id()
        try:
            self._claim(own)
        except OtherDeployment:
            # Somebody may have given this database another id.
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
