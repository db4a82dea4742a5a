"""Without a package nothing is said to be well: it is named, and the command ends with 1."""

import pytest

from tests.witnesses import __main__ as witnesses
from tests.witnesses import packages


@pytest.fixture
def without_pgbouncer(monkeypatch):
    """A machine without it, on which nothing can be installed."""
    programs = {"redis-server": "sh", "postgresql-15": "sh", "pgbouncer": "no-such-program"}
    monkeypatch.setattr(packages, "PROGRAMS", programs)
    monkeypatch.setattr(packages.os, "geteuid", lambda: 1_000)


def fake_run(monkeypatch, part: str, code: int) -> list[str]:
    """In place of the tests of this part; what was run."""
    ran: list[str] = []

    def run() -> int:
        ran.append(part)
        return code

    monkeypatch.setitem(witnesses.RUNS, part, run)
    return ran


def test_a_package_that_cannot_be_installed_is_named_and_its_part_is_not_run(
    without_pgbouncer, monkeypatch, capsys
):
    ran = fake_run(monkeypatch, "stores", 0) + fake_run(monkeypatch, "pooler", 0)

    code = witnesses.main(["stores", "pooler"])

    said = capsys.readouterr().out
    assert code == 1
    assert "pgbouncer can't be installed: " in said
    assert "Not here, and not to be installed: pgbouncer." in said
    assert "pooler" not in ran


def test_a_part_that_needs_nothing_missing_is_run_and_decides(
    without_pgbouncer, monkeypatch, capsys
):
    for code in (0, 1):
        ran = fake_run(monkeypatch, "stores", code)

        assert witnesses.main(["stores"]) == code
        assert ran == ["stores"]
    assert "Failed, or not run: stores." in capsys.readouterr().out


def test_a_part_that_is_none_is_said(capsys):
    with pytest.raises(SystemExit) as ended:
        witnesses.main(["browsers"])

    assert ended.value.code == 2
    assert "browsers" in capsys.readouterr().err
