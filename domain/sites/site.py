"""Site: somebody's own shop, checkout or API, its hosts and its secrets."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from domain.coupon import check_code
from domain.invalid_value import InvalidValue, check_line_of_text
from domain.sites.target_urls import site_origin

NAME_LENGTH_MAX = 60
HOSTS_MAX = 20

# api_key: the site's programs send it. pass: signs the passes of rooms with HS256.
SecretPurpose = Literal["api_key", "pass"]
SECRET_PURPOSES: tuple[SecretPurpose, ...] = get_args(SecretPurpose)


@dataclass(frozen=True, slots=True)
class SiteSecret:
    """One secret of a site, valid from `starts_at` until `ends_at`, if that is set.

    kept: what Postgres has of it: an API key's digest, or a pass secret, encrypted.
    """

    purpose: SecretPurpose
    kept: bytes = field(repr=False)
    starts_at: datetime
    ends_at: datetime | None = None

    def is_accepted(self, now: datetime) -> bool:
        """Also before it starts: it may be in use at the site before we use it ourselves."""
        return self.ends_at is None or now < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site. Raises InvalidValue for a code, a name or a host that is none.

    hosts: as an admin writes them: `shop.example` and `shop.example:8443` mean https, and
    `http://localhost:8080` is without TLS. secrets: the latest start first.
    """

    id: UUID
    code: str
    name: str
    hosts: tuple[str, ...]
    secrets: tuple[SiteSecret, ...] = ()

    def __post_init__(self) -> None:
        check_code(self.code)
        check_line_of_text("name", self.name, NAME_LENGTH_MAX)
        if not 1 <= len(self.hosts) <= HOSTS_MAX:
            raise InvalidValue("hosts", "range", least=1, most=HOSTS_MAX, got=len(self.hosts))
        for host in self.hosts:
            if site_origin(host) is None:
                raise InvalidValue("hosts", "host", got=host[:80])

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins of its hosts, in their order, each once."""
        return tuple(dict.fromkeys(site_origin(host) or "" for host in self.hosts))

    def accepted(self, purpose: SecretPurpose, now: datetime) -> list[SiteSecret]:
        """The secrets that we accept now."""
        return [one for one in self.secrets if one.purpose == purpose and one.is_accepted(now)]

    def in_use(self, purpose: SecretPurpose, now: datetime) -> SiteSecret | None:
        """The secret that signs now: the accepted one that started last."""
        started = [one for one in self.accepted(purpose, now) if one.starts_at <= now]
        return max(started, key=lambda one: one.starts_at, default=None)

    def has_api_key(self, key: str, now: datetime) -> bool:
        digest = api_key_digest(key)
        return any(one.kept == digest for one in self.accepted("api_key", now))


def api_key_digest(key: str) -> bytes:
    """What is kept of an API key. It has 256 random bits, so a plain digest tells nothing."""
    return hashlib.sha256(key.encode()).digest()
