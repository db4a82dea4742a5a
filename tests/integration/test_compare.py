"""The comparison in small, for real: four ways, one crowd, every promise looked at."""

import json
import os
import signal
import subprocess
import sys

import psycopg
import pytest

from load.compare.options import WAYS
from processes.child_process import spawn, stop
from tests.house import ROOT, eventually
from tests.integration.deployment_cast import beside
from tests.servers import scratch_databases

COUPONS, MEMBERS = 40, 160


@pytest.fixture(scope="module")
def where(servers) -> dict[str, str]:
    """It refuses a Redis that has rooms, as the other tests' database of it may."""
    return {"DATABASE_URL": servers.database_url, "REDIS_URL": beside(servers.redis_url, 2)}


@pytest.fixture(scope="module")
def done(where, tmp_path_factory):
    """The command, run once for all tests here: its output, its exit code and its report."""
    folder = tmp_path_factory.mktemp("compare") / "report"
    argv = [sys.executable, "-P", "-m", "cli", "compare", "--json", "--report", str(folder)]
    argv += ["--coupons", str(COUPONS), "--members", str(MEMBERS)]
    argv += ["--connections", "100", "--within", "1", "--give-up", "60"]
    environ = {**os.environ, **where, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(argv, env=environ, cwd=folder.parent, capture_output=True, text=True)
    return ended, folder


@pytest.fixture(scope="module")
def figures(done):
    ended, _ = done
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_all_four_ways_issue_exactly_what_there_is(figures):
    assert [one["way"] for one in figures["ways"]] == list(WAYS)
    for one in figures["ways"]:
        told = one["verdict"]
        assert one["broken"] == []
        assert (told["members"], told["issued"], told["rows"]) == (MEMBERS, COUPONS, COUPONS)
        assert (told["refused"], told["failed"]) == (MEMBERS - COUPONS, 0)
        assert (told["over_issued"], told["twice"], told["overtaken"]) == (0, 0, 0)
    assert figures["is_good"] is True


def test_the_connections_were_looked_at_and_stayed_within_their_bound(figures):
    workers, admitter, web = 2, 2, 4
    for one in figures["ways"]:
        assert one["connections_bound"] == workers + admitter + web
        assert 0 < one["connections_max"] <= one["connections_bound"]
        assert len(one["moments"]) > 5


def test_the_figures_fit_one_another(figures):
    for one in figures["ways"]:
        assert one["requests"] >= MEMBERS + one["turned_back"]
        assert 0 < one["issued_within_s"] <= one["moments"][-1]["at_s"]
        assert one["known"]["requests"] == MEMBERS
        assert one["answer"]["p50_ms"] <= one["answer"]["p99_ms"]
        assert one["moments"][-1]["issued"] == COUPONS


def test_the_report_is_written_with_the_same_figures(done, figures):
    _, folder = done

    assert json.loads((folder / "compare.json").read_text("utf-8")) == figures
    page = (folder / "index.html").read_text("utf-8")
    assert "Every way kept every promise" in page
    assert f"{COUPONS} of {COUPONS}" in page


def test_neither_secrets_nor_places_are_in_what_it_says(done, servers):
    ended, folder = done
    texts = [ended.stdout, *(path.read_text("utf-8") for path in folder.iterdir())]

    for text in texts:
        assert "postgresql://" not in text
        assert "redis://" not in text
        assert str(folder.parent) not in text


def is_under_way(database_url: str, name: str) -> bool:
    """Whether a coupon is on offer in this database: a crowd is being sent."""
    try:
        with psycopg.connect(database_url, dbname=name) as db:
            return db.execute("SELECT 1 FROM coupons").fetchone() is not None
    except psycopg.Error:
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
@pytest.mark.parametrize("in_mid_run", [False, True], ids=["at its start", "in mid-run"])
def test_ended_early_it_takes_everything_away(servers, where, tmp_path, number, in_mid_run):
    before = scratch_databases(servers.database_url)
    environ = {**os.environ, **where, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    argv = [sys.executable, "-P", "-m", "cli", "compare", "--coupons", "1000"]
    process = spawn(argv, env=environ, cwd=tmp_path, log=tmp_path / "log")
    eventually(lambda: scratch_databases(servers.database_url) - before)
    if in_mid_run:
        (name,) = scratch_databases(servers.database_url) - before
        eventually(lambda: is_under_way(servers.database_url, name))

    code = stop(process, signal=number, grace_s=60)

    assert code == 130, (tmp_path / "log").read_text()
    assert scratch_databases(servers.database_url) == before
    assert list(tmp_path.glob("waitroom-stack-*")) == []


def test_a_folder_that_cannot_be_made_is_said_before_anything_is_measured(tmp_path):
    (tmp_path / "taken").write_text("")
    argv = [sys.executable, "-P", "-m", "cli", "compare", "--report", str(tmp_path / "taken" / "x")]

    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(argv, env=environ, cwd=tmp_path, capture_output=True, text=True)

    assert ended.returncode == 2
    assert "can't create" in ended.stderr
