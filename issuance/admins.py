"""Admins: the accounts of the console, and the generation of their valid sessions.

Every change is audited. Its subject is `admin NAME`, which is never a coupon's code (no spaces).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.exc import IntegrityError

from domain.admin import Admin, Role
from issuance.audit import record
from issuance.errors import NameTaken, NoSuchAdmin, translate_postgres_errors
from issuance.tables import admin_sessions, admins

ADMINS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class AdminAccount:
    """generation: sessions of an earlier one are over; "sign out everywhere" increments it.
    password_hash: empty for a name without a row, which only ADMIN_PASSWORD_HASH can sign in.
    """

    name: str
    role: Role = "viewer"
    password_hash: str = ""
    generation: int = 0
    disabled: bool = False
    created_at: datetime | None = None


def find_account(engine: Engine, name: str) -> AdminAccount:
    """An unknown name gives an account without a password. Raises OfficeAway."""
    generations = select(admin_sessions.c.generation).where(admin_sessions.c.name == name)
    with translate_postgres_errors(), engine.begin() as tx:
        generation = tx.execute(generations).scalar_one_or_none() or 0
        row = tx.execute(select(admins).where(admins.c.name == name)).one_or_none()
    if row is None:
        return AdminAccount(name, generation=generation)
    return AdminAccount(**row._mapping, generation=generation)


def list_accounts(engine: Engine) -> list[AdminAccount]:
    """All accounts, sorted by name. Raises OfficeAway."""
    generation = func.coalesce(admin_sessions.c.generation, 0).label("generation")
    query = (
        select(admins, generation)
        .outerjoin(admin_sessions, admin_sessions.c.name == admins.c.name)
        .order_by(admins.c.name)
        .limit(ADMINS_MAX)
    )
    with translate_postgres_errors(), engine.begin() as tx:
        return [AdminAccount(**row._mapping) for row in tx.execute(query)]


def add(engine: Engine, admin: Admin, password_hash: str, *, who: str, now: datetime) -> None:
    """Raises NameTaken, OfficeAway."""
    values = {"name": admin.name, "role": admin.role, "password_hash": password_hash}
    with translate_postgres_errors(), engine.begin() as tx:
        try:
            tx.execute(insert(admins).values(**values, created_at=now))
        except IntegrityError as error:
            raise NameTaken from error
        _audit(tx, who, "admin added", admin.name, {"role": admin.role}, now)


def remove(engine: Engine, name: str, *, who: str, now: datetime) -> None:
    """Also ends their sessions. Raises NoSuchAdmin, OfficeAway."""
    with translate_postgres_errors(), engine.begin() as tx:
        gone = tx.execute(delete(admins).where(admins.c.name == name))
        _must_be_one(gone.rowcount)
        _end_sessions(tx, name)
        _audit(tx, who, "admin removed", name, {}, now)


def set_password(engine: Engine, name: str, password_hash: str, *, who: str, now: datetime) -> None:
    """Also ends their sessions. Raises NoSuchAdmin, OfficeAway."""
    change = update(admins).where(admins.c.name == name).values(password_hash=password_hash)
    with translate_postgres_errors(), engine.begin() as tx:
        _must_be_one(tx.execute(change).rowcount)
        _end_sessions(tx, name)
        _audit(tx, who, "password changed", name, {}, now)


def set_disabled(engine: Engine, name: str, disabled: bool, *, who: str, now: datetime) -> None:
    """Also ends their sessions. Raises NoSuchAdmin, OfficeAway."""
    change = update(admins).where(admins.c.name == name).values(disabled=disabled)
    with translate_postgres_errors(), engine.begin() as tx:
        _must_be_one(tx.execute(change).rowcount)
        _end_sessions(tx, name)
        _audit(tx, who, "admin changed", name, {"disabled": disabled}, now)


def sign_out_everywhere(engine: Engine, name: str, *, who: str, now: datetime) -> None:
    """End all their sessions. Raises OfficeAway."""
    with translate_postgres_errors(), engine.begin() as tx:
        _end_sessions(tx, name)
        _audit(tx, who, "signed out everywhere", name, {}, now)


def _end_sessions(tx: Connection, name: str) -> None:
    first = insert_or(admin_sessions).values(name=name, generation=1)
    more = {"generation": admin_sessions.c.generation + 1}
    tx.execute(first.on_conflict_do_update(index_elements=["name"], set_=more))


def _must_be_one(count: int) -> None:
    if count != 1:
        raise NoSuchAdmin


def _audit(
    tx: Connection, who: str, what: str, name: str, after: dict[str, object], now: datetime
) -> None:
    record(tx, who, what, f"admin {name}", None, after, now)
