"""Database URL: SQLAlchemy's form of DATABASE_URL, and the addresses in it."""

from __future__ import annotations

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from domain.stores.postgres_url import PORT, move_hosts_to_query
from domain.stores.url_rules import UNREADABLE_URL


def parse_database_url(url: str) -> URL:
    """SQLAlchemy's URL for `postgresql://user:password@host1:5432,host2:5432/name?...`.

    Raises ValueError, which shows no part of the URL: it may hold a password.
    """
    scheme, _, rest = move_hosts_to_query(url).partition("://")
    driver = scheme if "+" in scheme else "postgresql+psycopg"
    try:
        return make_url(f"{driver}://{rest}")
    except ArgumentError:
        raise ValueError(UNREADABLE_URL) from None


def list_addresses(url: URL) -> list[str]:
    """The `host:port` of each host."""
    if "host" not in url.query:
        return [f"{url.host or 'localhost'}:{url.port or PORT}"]
    hosts, ports = _values(url, "host"), _values(url, "port") or [PORT]
    if len(ports) == 1:
        ports *= len(hosts)
    return [f"{host}:{port or PORT}" for host, port in zip(hosts, ports, strict=False)]


def _values(url: URL, name: str) -> list[str]:
    found = url.query.get(name, ())
    return found.split(",") if isinstance(found, str) else list(found)
