"""Audit: records each change by an admin in the transaction that makes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, insert, select

from issuance.errors import translate_postgres_errors
from issuance.tables import audit

ENTRIES_MAX = 1_000
ID_MAX = 2**63 - 1
_ROOM = "room"


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries: about a subject, by an admin, of these kinds, from `since` until `until`."""

    subject: str | None = None
    who: str | None = None
    whats: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        if self.subject is not None:
            yield audit.c.subject == self.subject
        if self.who is not None:
            yield audit.c.who == self.who
        if self.whats:
            yield audit.c.what.in_(self.whats)
        if self.since is not None:
            yield audit.c.at >= self.since
        if self.until is not None:
            yield audit.c.at < self.until


EVERYTHING = AuditFilter()


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change; `before` and `after` hold the fields that differ, also inside `room`.

    Entries of releases up to 0.3.0 have all settings of a changed room.
    """

    id: int
    at: datetime
    who: str
    what: str
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def record(
    tx: Connection,
    who: str,
    what: str,
    subject: str,
    before: dict[str, Any] | None,
    after: dict[str, Any],
    now: datetime,
) -> None:
    """Add an entry to the transaction that makes the change."""
    old, new = _differing(before, after)
    tx.execute(
        insert(audit).values(at=now, who=who, what=what, subject=subject, before=old, after=new)
    )


def note(
    engine: Engine, who: str, what: str, subject: str, after: dict[str, Any], now: datetime
) -> None:
    """Commit an entry before a change that Postgres does not hold. Raises OfficeAway."""
    with translate_postgres_errors(), engine.begin() as tx:
        record(tx, who, what, subject, None, after, now)


def list_entries(
    engine: Engine,
    *,
    subject: str | None = None,
    wanted: AuditFilter = EVERYTHING,
    at_most: int = 100,
    before_id: int | None = None,
) -> list[AuditEntry]:
    """The latest entries, newest first; before_id: only those with a smaller id."""
    query = select(audit).where(*wanted.conditions())
    query = query.order_by(audit.c.id.desc()).limit(min(at_most, ENTRIES_MAX))
    if subject is not None:
        query = query.where(audit.c.subject == subject)
    if before_id is not None:
        query = query.where(audit.c.id < before_id)
    with translate_postgres_errors(), engine.begin() as tx:
        return [AuditEntry(**row._mapping) for row in tx.execute(query)]


def last_change(engine: Engine, subject: str) -> AuditEntry | None:
    """The latest entry about this subject; None if there is none."""
    latest = select(audit).where(audit.c.subject == subject)
    latest = latest.order_by(audit.c.at.desc(), audit.c.id.desc()).limit(1)
    with translate_postgres_errors(), engine.begin() as tx:
        row = tx.execute(latest).one_or_none()
    return AuditEntry(**row._mapping) if row else None


def _differing(
    before: dict[str, Any] | None, after: dict[str, Any]
) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    if before is None:
        return None, after
    changed = [name for name in after if before.get(name) != after[name]]
    old, new = {n: before.get(n) for n in changed}, {n: after[n] for n in changed}
    # A room holds settings, which change one by one. A discount is one value: its number means
    # nothing without its kind.
    if old.get(_ROOM) and new.get(_ROOM):
        old[_ROOM], new[_ROOM] = _differing(old[_ROOM], new[_ROOM])
    return old, new
