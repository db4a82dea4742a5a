"""The benchmarks run, and what they measure is exact; how fast it was is nobody's test."""

import asyncio
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from load.bench import http_load
from load.bench.baseline_server import BODY
from load.bench.context import served
from load.bench.http_load import LoadOptions
from load.bench.sse_clients import follow
from processes.child_process import free_port
from tests.house import ROOT
from web.app import Application


def test_the_whole_chain_is_measured_and_is_exact(tmp_path):
    kept = tmp_path / "figures.json"
    # On servers of its own: it refuses a Redis that has rooms, as the tests' own has.
    environ = {n: v for n, v in os.environ.items() if n not in ("REDIS_URL", "DATABASE_URL")}
    argv = [sys.executable, "-m", "load.bench.__main__", "chain", "--rounds", "1", "--seconds", "1"]
    argv += ["--processes", "1", "--workers", "1", "--json", str(kept)]

    done = subprocess.run(
        argv,
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    [chain] = json.loads(kept.read_text())["measures"]["chain"]
    assert chain["value"] > 0
    assert (chain["seen"]["errors"], chain["seen"]["wrong"]) == (0, 0)


def test_the_application_is_one_that_any_server_can_tell_is_asgi_3():
    assert inspect.iscoroutinefunction(Application.__call__)


def test_an_unknown_measure_is_said_with_those_there_are():
    done = subprocess.run(
        [sys.executable, "-m", "load.bench.__main__", "speed"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 2
    assert "pessimistic" in done.stderr


@pytest.mark.parametrize("way", ["wrk", "ours"])
def test_both_generators_count_what_a_server_answers(tmp_path, monkeypatch, way):
    if way == "wrk" and http_load.name() != "wrk":
        way = "ours"  # the other one is what this machine has
    if way == "ours":
        monkeypatch.setattr(http_load.shutil, "which", lambda _: None)
    port = free_port()
    tokens = http_load.write_tokens(tmp_path / "tokens", ["a.b.c", "d.e.f"])

    with served(
        ["load.bench.baseline_server", str(port), "1"], dict(os.environ), tmp_path, port
    ) as url:
        seen = asyncio.run(ask(LoadOptions(f"{url}/", 8, 1.0, "POST", tokens)))

    assert seen.answered > 0
    assert seen.errors == 0
    assert 0 < seen.p50_ms <= seen.p99_ms
    assert seen.mean_bytes > len(BODY)
    assert Path(tokens).read_text() == "a.b.c\nd.e.f\n"


async def ask(asking: LoadOptions) -> http_load.LoadResult:
    return await asyncio.to_thread(http_load.run_load, asking)


def test_followers_see_how_old_is_what_their_streams_say(tmp_path):
    port = free_port()
    open_at: list[float] = []

    with served(["load.bench.baseline_server", str(port), "1"], dict(os.environ), tmp_path, port):
        seen = follow(port, "/live", 1.5, [""] * 20, tmp_path, lambda: open_at.append(1.0))

    assert (seen.streams, seen.errors, seen.ended, len(open_at)) == (20, 0, 0, 1)
    assert 0 < seen.events_per_s < 40  # each tells once a second
    assert 0 < seen.age_p50_s <= seen.age_p99_s <= seen.age_max_s < 60


def test_a_server_that_is_not_there_is_counted_as_errors(tmp_path, monkeypatch):
    monkeypatch.setattr(http_load.shutil, "which", lambda _: None)

    seen = http_load.run_load(LoadOptions(f"http://127.0.0.1:{free_port()}/", 3, 0.2))

    assert (seen.answered, seen.errors) == (0, 3)
