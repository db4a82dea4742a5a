"""`waitroom admin`: what it does, and what it refuses."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from cli.main import app
from domain.admin import Admin
from issuance.admins import find_account
from issuance.audit import list_entries
from issuance.errors import NameTaken, NoSuchAdmin
from processes.settings.reader import BadSettings
from tests.integration.web_cast import CHEAP
from web.auth.passwords import is_password_hash

PASSWORD = "correct horse battery"


@pytest.fixture
def admin(database_url, monkeypatch):
    """Runs `waitroom admin WORDS`; raises what the command raises."""
    monkeypatch.setenv("DATABASE_URL", database_url)

    def run(*words: str, given: str = "") -> str:
        found = CliRunner().invoke(app, ["admin", *words], input=given, catch_exceptions=False)
        assert found.exit_code == 0, found.output
        return found.output

    return run


def fits(engine, name: str, password: str) -> bool:
    return asyncio.run(CHEAP.fits(password, find_account(engine, name).password_hash))


def test_an_admin_is_added_listed_changed_and_removed(admin, engine):
    asked = admin("add", "alice", "--role", "operator", given=f"{PASSWORD}\n{PASSWORD}\n")
    admin("add", "bob", "--password-stdin", given=f"{PASSWORD}\n")
    listed = json.loads(admin("list", "--json"))
    added = [fits(engine, name, PASSWORD) for name in ("alice", "bob")]
    admin("password", "bob", "--password-stdin", given="another password\n")
    admin("sign-out", "alice")
    admin("disable", "alice")
    admin("enable", "alice")
    changed = find_account(engine, "alice").generation, fits(engine, "bob", "another password")
    admin("remove", "bob")

    assert PASSWORD not in asked
    assert [(one["name"], one["role"]) for one in listed] == [
        ("alice", "operator"), ("bob", "viewer"),
    ]  # fmt: skip
    assert added == [True, True]
    assert changed == (3, True)
    assert find_account(engine, "bob").password_hash == ""
    assert "alice" in admin("list")
    trail = list_entries(engine)
    assert {one.who for one in trail} == {"command line"}
    assert trail[0].what == "admin removed"
    assert "argon2" not in str(trail)


def test_what_is_wrong_is_said_and_nothing_is_added(admin, engine):
    admin("add", "alice", "--password-stdin", given=f"{PASSWORD}\n")
    before = list_entries(engine)

    for words, given, error, sentence in (
        (("add", "bob", "--password-stdin"), "short\n", BadSettings, "at least 12 characters"),
        (("add", "bob", "--password-stdin"), "", BadSettings, "at least 12 characters"),
        (("add", "bob", "--password-stdin"), "x" * 300, BadSettings, "at most 256 characters"),
        (("add", "a b", "--password-stdin"), PASSWORD, BadSettings, "name must be 1 to 40"),
        (("add", "bob", "--role", "owner"), PASSWORD, BadSettings, "viewer, operator"),
        (("add", "alice", "--password-stdin"), PASSWORD, NameTaken, ""),
        (("remove", "bob"), "", NoSuchAdmin, ""),
        (("password", "bob", "--password-stdin"), PASSWORD, NoSuchAdmin, ""),
    ):
        with pytest.raises(error, match=sentence or None):
            admin(*words, given=given)

    assert list_entries(engine) == before


def test_a_hash_is_printed_for_the_setting(admin):
    printed = admin("hash", "--password-stdin", given=f"{PASSWORD}\n").strip()

    assert is_password_hash(printed)


def test_a_name_is_checked_and_so_is_a_role():
    for name in ("", "a b", "-a", "앨리스", "x" * 41, "a\n"):
        with pytest.raises(ValueError, match="name must be"):
            Admin(name, "viewer")
    with pytest.raises(ValueError, match="role must be"):
        Admin("alice", "owner")
