"""Secrets of sites: made, shown once, and rotated while the ones before are still accepted."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.sql.functions import coalesce

from domain.sites.site import SecretPurpose, Site, api_key_digest
from issuance.audit import record
from issuance.errors import translate_postgres_errors
from issuance.sites.secret_encryption import SecretEncryption
from issuance.sites.sites import find_site, subject_of
from issuance.sites.tables import site_secrets

# So that a leaked key is found by a search, and known for what it is.
API_KEY_PREFIX = "wrs_"
SECRET_BYTES = 32
WHATS: dict[SecretPurpose, str] = {"api_key": "API key made", "pass": "pass secret made"}


def make_api_key(engine: Engine, code: str, *, keep_s: int, who: str, now: datetime) -> str:
    """A new API key, valid at once; earlier ones end in `keep_s`. It can't be read again.

    Raises NoSuchSite, OfficeAway.
    """
    key = API_KEY_PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    with translate_postgres_errors(), engine.begin() as tx:
        site = find_site(tx, code, lock=True)
        ends_at = now + timedelta(seconds=keep_s)
        _replace(tx, site, "api_key", api_key_digest(key), now, ends_at, who, now)
    return key


def make_pass_secret(
    engine: Engine,
    code: str,
    encryption: SecretEncryption,
    *,
    begins_in_s: int,
    keep_s: int,
    who: str,
    now: datetime,
) -> str:
    """A new pass secret, which signs in `begins_in_s`; earlier ones end `keep_s` after that.

    A site's first one signs at once: nothing verifies with another. Raises NoSuchSite,
    NoSecretsKey, OfficeAway.
    """
    secret = secrets.token_urlsafe(SECRET_BYTES)
    encrypted = encryption.encrypt(secret)
    with translate_postgres_errors(), engine.begin() as tx:
        site = find_site(tx, code, lock=True)
        is_first = site.in_use("pass", now) is None
        starts_at = now if is_first else now + timedelta(seconds=begins_in_s)
        ends_at = starts_at + timedelta(seconds=keep_s)
        _replace(tx, site, "pass", encrypted, starts_at, ends_at, who, now)
    return secret


def read_pass_secrets(site: Site, encryption: SecretEncryption, now: datetime) -> list[str]:
    """The site's accepted pass secrets; the first one signs. Empty without one that has started.

    Raises NoSecretsKey, SecretsUnreadable.
    """
    signs = site.in_use("pass", now)
    if signs is None:
        return []
    others = [one for one in site.accepted("pass", now) if one != signs]
    return [encryption.decrypt(one.kept) for one in (signs, *others)]


def encrypt_again(engine: Engine, encryption: SecretEncryption) -> int:
    """Encrypt all pass secrets with the encryption's first key; returns how many.

    Raises NoSecretsKey, SecretsUnreadable, OfficeAway; then nothing has changed.
    """
    encrypted = select(site_secrets.c.id, site_secrets.c.kept).where(
        site_secrets.c.purpose == "pass"
    )
    with translate_postgres_errors(), engine.begin() as tx:
        rows = tx.execute(encrypted.with_for_update()).all()
        for row in rows:
            kept = encryption.encrypt_again(bytes(row.kept))
            tx.execute(update(site_secrets).where(site_secrets.c.id == row.id).values(kept=kept))
    return len(rows)


def _replace(
    tx: Connection,
    site: Site,
    purpose: SecretPurpose,
    kept: bytes,
    starts_at: datetime,
    ends_at: datetime,
    who: str,
    now: datetime,
) -> None:
    """Add a secret of a locked site, let the earlier ones end, and delete those that have."""
    own = (site_secrets.c.site_id == site.id) & (site_secrets.c.purpose == purpose)
    earliest = coalesce(site_secrets.c.ends_at, ends_at)
    tx.execute(delete(site_secrets).where(own, site_secrets.c.ends_at <= now))
    tx.execute(update(site_secrets).where(own, earliest >= ends_at).values(ends_at=ends_at))
    values = {"id": uuid4(), "site_id": site.id, "purpose": purpose, "starts_at": starts_at}
    tx.execute(insert(site_secrets).values(**values, kept=kept))
    shown = {"starts_at": starts_at.isoformat(), "earlier_end_at": ends_at.isoformat()}
    record(tx, who, WHATS[purpose], subject_of(site.code), None, shown, now)
