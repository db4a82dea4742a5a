"""A Redis whose address Sentinels know: `redis+sentinel://` and, with TLS, `rediss+sentinel://`.

The form is that of redis-sentinel-url, redisvl and Prefect, in which user and password are Redis':
`redis+sentinel://user:password@host1:26379,host2:26379/service/database?sentinel_password=...`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

from domain.stores.url_rules import UNREADABLE_URL
from topology.redis_topology import Address, RedisTopology

SENTINEL_PORT = 26379
FORM = "redis+sentinel://host1:26379,host2:26379/mymaster/0"

_URL = re.compile(
    r"redis(?P<s>s?)\+sentinel://(?:(?P<user>[^/?#]*)@)?(?P<hosts>[^/?#@]*)"
    r"(?P<path>/[^?#]*)?(?:\?(?P<query>[^#@]*))?"
)
_HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._\-]+)(?::(?P<port>[0-9]{1,5}))?")
# The characters that Sentinel itself accepts. Digits alone are a forgotten name.
_PATH = re.compile(r"/(?P<service>(?![0-9]+(?:/|$))[A-Za-z0-9._\-]+)(?:/(?P<db>[0-9]*))?")
_CREDENTIALS = {"sentinel_username": "username", "sentinel_password": "password"}


@dataclass(frozen=True)
class Sentinels(RedisTopology):
    """addresses: of the Sentinels. service: the name by which they know the primary.

    credentials: of the Sentinels, as redis-py names them; Redis' own are in `server_url`.
    """

    addresses: tuple[Address, ...]
    service: str
    credentials: Mapping[str, str] = field(repr=False)


def parse_sentinels_url(url: str) -> Sentinels:
    """Raises ValueError, which shows no part of the URL."""
    parts = _URL.fullmatch(url)
    addresses = [_parse_address(one) for one in parts["hosts"].split(",")] if parts else []
    if parts is None or None in addresses:
        raise ValueError(f"{UNREADABLE_URL}. The form is {FORM}")
    path = _PATH.fullmatch(parts["path"] or "")
    if path is None:
        raise ValueError(f"must name the service that the Sentinels watch, as {FORM}")
    options = parse_qsl(parts["query"] or "", keep_blank_values=True)
    ours = {name: value for name, value in options if name.startswith("sentinel_")}
    if ours.keys() - _CREDENTIALS.keys():
        raise ValueError("may have sentinel_username and sentinel_password, no other sentinel_...")
    user = f"{parts['user']}@" if parts["user"] is not None else ""
    database = path["db"] or "0"
    query = urlencode([(name, value) for name, value in options if name not in ours])
    server_url = f"redis{parts['s']}://{user}{path['service']}/{database}?{query}".rstrip("?")
    try:
        urlsplit(server_url)
    except ValueError:
        raise ValueError(UNREADABLE_URL) from None
    found = tuple(one for one in addresses if one is not None)
    return Sentinels(
        server_url,
        f"{path['service']}/{database} of the Sentinels {', '.join(map(address_label, found))}",
        found,
        path["service"],
        {_CREDENTIALS[name]: value for name, value in ours.items()},
    )


def _parse_address(text: str) -> Address | None:
    found = _HOST.fullmatch(text)
    port = int(found["port"] or SENTINEL_PORT) if found else 0
    return (found["host"].strip("[]"), port) if found and 0 < port < 65_536 else None


def address_label(address: Address) -> str:
    """`host:port`; an IPv6 address in brackets."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
