"""Secrets of sites: shown once, kept unreadable, and rotated while the earlier are accepted."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, text

from issuance import audit
from issuance.sites.errors import NoSecretsKey, NoSuchSite, SecretsUnreadable
from issuance.sites.secret_encryption import SecretEncryption
from issuance.sites.secrets import (
    encrypt_again,
    make_api_key,
    make_pass_secret,
    read_pass_secrets,
)
from issuance.sites.sites import get_site
from issuance.sites.tables import site_secrets
from tests.integration.cast import HOUR, now
from tests.integration.site_cast import site_there

OLD, NEW = "o" * 32, "n" * 32
DAY_S = 86_400


@pytest.fixture
def site(engine, code):
    return site_there(engine, code)


def all_kept(engine) -> bytes:
    """All that Postgres has of secrets and of changes."""
    with engine.begin() as tx:
        kept = tx.execute(text("SELECT kept FROM site_secrets")).scalars().all()
        shown = tx.execute(text("SELECT after::text FROM audit")).scalars().all()
    return b" ".join([*map(bytes, kept), *(one.encode() for one in shown if one)])


def make_secret(engine, code, encryption, *, begins_in_s=600, keep_s=DAY_S, at=None):
    given = {"begins_in_s": begins_in_s, "keep_s": keep_s, "who": "alice", "now": at or now()}
    return make_pass_secret(engine, code, encryption, **given)


def test_an_api_key_is_accepted_at_once_and_the_earlier_one_as_long_as_asked(engine, site, code):
    first = make_api_key(engine, code, keep_s=0, who="alice", now=now())
    begun = now()
    second = make_api_key(engine, code, keep_s=60, who="alice", now=begun)

    known = get_site(engine, code)
    later = begun + timedelta(seconds=60)
    assert first != second
    assert (known.has_api_key(first, begun), known.has_api_key(second, begun)) == (True, True)
    assert (known.has_api_key(first, later), known.has_api_key(second, later)) == (False, True)
    assert not known.has_api_key("", begun)


def test_a_leaked_api_key_ends_at_once_also_after_a_rotation_that_kept_it(engine, site, code):
    first = make_api_key(engine, code, keep_s=0, who="alice", now=now())
    make_api_key(engine, code, keep_s=DAY_S, who="alice", now=now())

    third = make_api_key(engine, code, keep_s=0, who="alice", now=now())

    known = get_site(engine, code)
    assert not known.has_api_key(first, now())
    assert known.has_api_key(third, now())
    assert len(known.accepted("api_key", now())) == 1


def test_a_later_rotation_keeps_no_earlier_key_longer(engine, site, code):
    begun = now()
    first = make_api_key(engine, code, keep_s=0, who="alice", now=begun)
    make_api_key(engine, code, keep_s=60, who="alice", now=begun)
    make_api_key(engine, code, keep_s=DAY_S, who="alice", now=begun)

    assert not get_site(engine, code).has_api_key(first, begun + timedelta(seconds=60))


def test_the_first_pass_secret_signs_at_once_and_a_later_one_when_verifiers_have_it(
    engine, site, code
):
    encryption, begun = SecretEncryption([OLD]), now()
    first = make_secret(engine, code, encryption, at=begun)
    second = make_secret(engine, code, encryption, at=begun, begins_in_s=600, keep_s=3_600)

    known = get_site(engine, code)
    assert read_pass_secrets(known, encryption, begun) == [first, second]
    assert read_pass_secrets(known, encryption, begun + timedelta(seconds=600)) == [second, first]
    assert read_pass_secrets(known, encryption, begun + timedelta(seconds=4_200)) == [second]


def test_no_secret_is_readable_in_postgres_and_each_is_in_the_audit_trail(engine, site, code):
    key = make_api_key(engine, code, keep_s=0, who="alice", now=now())
    secret = make_secret(engine, code, SecretEncryption([OLD]))

    kept = all_kept(engine)
    assert key.encode() not in kept
    assert secret.encode() not in kept
    entries = audit.list_entries(engine, subject=f"site {code}")
    assert [(one.who, one.what) for one in entries] == [
        ("alice", "pass secret made"),
        ("alice", "API key made"),
        ("test", "site created"),
    ]


def test_the_key_that_encrypts_is_rotated_without_a_new_secret(engine, site, code):
    secret = make_secret(engine, code, SecretEncryption([OLD]))

    count = encrypt_again(engine, SecretEncryption([NEW, OLD]))

    known = get_site(engine, code)
    assert count >= 1
    assert read_pass_secrets(known, SecretEncryption([NEW]), now()) == [secret]
    with pytest.raises(SecretsUnreadable):
        read_pass_secrets(known, SecretEncryption([OLD]), now())


def test_where_one_secret_cannot_be_read_none_is_encrypted_again(engine, site, code):
    secret = make_secret(engine, code, SecretEncryption([OLD]))
    other = site_there(engine, f"{code}-other")
    make_secret(engine, other.code, SecretEncryption(["x" * 32]))

    with pytest.raises(SecretsUnreadable):
        encrypt_again(engine, SecretEncryption([NEW, OLD]))

    with engine.begin() as tx:  # other tests encrypt all that there is
        tx.execute(delete(site_secrets).where(site_secrets.c.site_id == other.id))
    assert read_pass_secrets(get_site(engine, code), SecretEncryption([OLD]), now()) == [secret]


def test_without_a_key_no_pass_secret_is_made_or_read_and_it_says_what_to_do(engine, site, code):
    with pytest.raises(NoSecretsKey):
        make_secret(engine, code, SecretEncryption([]))
    assert get_site(engine, code).secrets == ()
    assert read_pass_secrets(get_site(engine, code), SecretEncryption([]), now()) == []
    make_secret(engine, code, SecretEncryption([OLD]), at=now() - HOUR)

    with pytest.raises(NoSecretsKey):
        read_pass_secrets(get_site(engine, code), SecretEncryption([]), now())
    with pytest.raises(NoSuchSite):
        make_secret(engine, f"{code}-other", SecretEncryption([OLD]))
