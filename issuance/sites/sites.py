"""Stores sites, and audits every change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from domain.sites.site import Site, SiteSecret
from issuance.audit import record
from issuance.errors import translate_postgres_errors
from issuance.sites.errors import NoSuchSite, SiteCodeTaken
from issuance.sites.tables import site_secrets, sites


def subject_of(code: str) -> str:
    """What the audit trail calls the site: a room may have the same code."""
    return f"site {code}"


def create_site(
    engine: Engine, code: str, name: str, hosts: Sequence[str], *, who: str, now: datetime
) -> Site:
    """Raises InvalidValue, SiteCodeTaken, OfficeAway."""
    site = Site(id=uuid4(), code=code, name=name, hosts=tuple(hosts))
    values = {"id": site.id, "code": code, "name": name, "hosts": list(hosts)}
    with translate_postgres_errors(), engine.begin() as tx:
        try:
            tx.execute(insert(sites).values(**values))
        except IntegrityError as error:
            raise SiteCodeTaken from error
        record(tx, who, "site created", subject_of(code), None, describe_site(site), now)
    return site


def change_site(
    engine: Engine,
    code: str,
    *,
    name: str | None = None,
    hosts: Sequence[str] | None = None,
    who: str,
    now: datetime,
) -> Site:
    """Change the name or all hosts; None keeps them. Raises InvalidValue, NoSuchSite, OfficeAway.

    A target address on a host that the site no longer has leads to its first host instead.
    """
    with translate_postgres_errors(), engine.begin() as tx:
        before = find_site(tx, code, lock=True)
        after = Site(
            id=before.id,
            code=code,
            name=before.name if name is None else name,
            hosts=before.hosts if hosts is None else tuple(hosts),
            secrets=before.secrets,
        )
        values = {"name": after.name, "hosts": list(after.hosts)}
        tx.execute(update(sites).where(sites.c.id == before.id).values(**values))
        old, new = describe_site(before), describe_site(after)
        if old != new:
            record(tx, who, "site changed", subject_of(code), old, new, now)
    return after


def list_sites(engine: Engine) -> list[Site]:
    """All sites, by code, with their secrets. Raises OfficeAway."""
    with translate_postgres_errors(), engine.begin() as tx:
        return read_sites(tx)


def get_site(engine: Engine, code: str) -> Site:
    """Raises NoSuchSite, OfficeAway."""
    with translate_postgres_errors(), engine.begin() as tx:
        return find_site(tx, code)


def read_sites(tx: Connection) -> list[Site]:
    """All sites, by code, inside a transaction."""
    secrets: defaultdict[UUID, list[SiteSecret]] = defaultdict(list)
    for row in tx.execute(select(site_secrets).order_by(site_secrets.c.starts_at.desc())):
        secrets[row.site_id].append(_secret_from_row(row))
    rows = tx.execute(select(sites).order_by(sites.c.code))
    return [_site_from_row(row, secrets[row.id]) for row in rows]


def find_site(tx: Connection, code: str, *, lock: bool = False) -> Site:
    """One site, inside a transaction. lock: until its end. Raises NoSuchSite."""
    query = select(sites).where(sites.c.code == code)
    row = tx.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NoSuchSite
    of_site = select(site_secrets).where(site_secrets.c.site_id == row.id)
    found = tx.execute(of_site.order_by(site_secrets.c.starts_at.desc()))
    return _site_from_row(row, [_secret_from_row(one) for one in found])


def describe_site(site: Site) -> dict[str, Any]:
    """A site as JSON-compatible values, for the audit; nothing of its secrets."""
    return {"name": site.name, "hosts": list(site.hosts)}


def _site_from_row(row: Row[Any], secrets: Sequence[SiteSecret]) -> Site:
    hosts, found = tuple(row.hosts), tuple(secrets)
    return Site(id=row.id, code=row.code, name=row.name, hosts=hosts, secrets=found)


def _secret_from_row(row: Row[Any]) -> SiteSecret:
    return SiteSecret(row.purpose, bytes(row.kept), row.starts_at, row.ends_at)
