"""Postgres URL: reads the forms of libpq, also with several hosts."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from domain.stores.url_rules import UNREADABLE_URL

# libpq, "Connection URIs": the hosts follow the last @ before the path.
_PARTS = re.compile(
    r"(?P<scheme>[^:/?#]+)://(?:(?P<user>[^/?#]*)@)?(?P<hosts>[^/?#@]*)(?P<path>[^?#]*)"
    r"(?:\?(?P<query>[^#]*))?",
    re.DOTALL,
)
_HOST = re.compile(r"(?P<host>\[[^\[\]]+\]|[^:\[\]\s]+)(?::(?P<port>\d+))?")
_SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")
PORT = "5432"
# libpq's other values accept a standby, which takes no writes.
SESSION_ATTRS = ("read-write", "primary")
_ATTRS = "target_session_attrs"


def move_hosts_to_query(url: str) -> str:
    """The same URL with `?host=a,b&port=1,2` for several hosts before the path.

    With several hosts it also has `target_session_attrs`, so that a connection uses the first that
    accepts writes. Raises ValueError, which shows no part of the URL: it may hold a password.
    """
    if url.partition("://")[0] not in _SCHEMES:
        raise ValueError("must begin with postgresql://")
    parts = _PARTS.fullmatch(url)
    if parts is None or "@" in (parts["query"] or ""):
        raise ValueError(UNREADABLE_URL)
    place, hosts = parts["hosts"], parts["hosts"].split(",")
    query = parse_qsl(parts["query"] or "", keep_blank_values=True)
    given = [value for name, value in query if name == "host"]
    if len(hosts) > 1:
        place, query = "", [*_host_parameters(hosts), *query]
    elif len(given) > 1:  # SQLAlchemy's form
        query = [*_host_parameters(given), *(one for one in query if one[0] != "host")]
    query = _require_writes(query)
    user = "" if parts["user"] is None else f"{parts['user']}@"
    found = f"{parts['scheme']}://{user}{place}{parts['path']}"
    _check(found)
    return f"{found}?{urlencode(query)}" if query else found


def _require_writes(query: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Raises ValueError if of several hosts a standby would be accepted."""
    found = dict(query)
    if "," not in found.get("host", ""):
        return query
    if _ATTRS not in found:
        return [*query, (_ATTRS, SESSION_ATTRS[0])]
    if found[_ATTRS] not in SESSION_ATTRS:
        raise ValueError(f"{_ATTRS} must be {' or '.join(SESSION_ATTRS)}: we write to Postgres")
    return query


def _host_parameters(hosts: list[str]) -> list[tuple[str, str]]:
    found = [one for host in hosts if (one := _HOST.fullmatch(host)) is not None]
    if len(found) < len(hosts):
        raise ValueError("names several hosts: write each as host or host:port, without spaces")
    return [
        ("host", ",".join(one["host"].strip("[]") for one in found)),
        ("port", ",".join(one["port"] or PORT for one in found)),
    ]


def _check(url: str) -> None:
    try:
        _ = urlsplit(url).port
    except ValueError:
        raise ValueError(UNREADABLE_URL) from None
