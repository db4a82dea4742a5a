"""The demo: one command from nothing to a coupon; nothing of it outlives it; its data does."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from cli.embedded.child import free_port, spawn, stop
from tests.house import ROOT, eventually
from tests.servers import open_folder


class Demo:
    """`waitroom demo` in a folder of its own, on embedded servers of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        servers = ("DATABASE_URL", "REDIS_URL", "QUEUE_REDIS_URL")
        own = {name: value for name, value in os.environ.items() if name not in servers}
        self.environ = {**own, "PYTHONPATH": str(ROOT)}

    def start(self, *words: str) -> None:
        argv = [sys.executable, "-m", "cli", "demo", "--port", str(self.port), *words]
        log = self.folder / "demo.log"
        self.process = spawn(argv, env=self.environ, cwd=self.folder, log=log)
        eventually(lambda: self.get("/readyz") is not None, within_s=60)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "cli", *words]
        return subprocess.run(
            argv, env=self.environ, cwd=self.folder, capture_output=True, text=True, check=False
        )

    def get(self, path: str) -> object:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return json.loads(answer.read())
        except (urllib.error.URLError, OSError):
            return None

    def processes(self) -> list[str]:
        """Whatever still runs in or from this folder."""
        listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
        ours = (str(self.folder), f"--port {self.port}")
        return [line for line in listing.stdout.splitlines() if any(o in line for o in ours)]


@pytest.fixture
def demo() -> Iterator[Demo]:
    with ExitStack() as stack:
        made = Demo(open_folder(stack))
        yield made
        if made.process and made.process.poll() is None:
            stop(made.process, signal=signal.SIGTERM, grace_s=30)


def test_a_demo_serves_a_crowd_keeps_its_data_and_leaves_nothing_behind(demo):
    demo.start("--coupons", "40", "--rate", "100")
    crowd = demo.run("crowd", "spring", "--members", "200", "--json")
    verdict = json.loads(crowd.stdout)
    issued = demo.run("coupon", "issued", "spring", "--csv").stdout.splitlines()
    record = json.loads(demo.run("room", "record", "spring").stdout)

    ended = stop(demo.process, signal=signal.SIGINT, grace_s=30)
    left_running = demo.processes()
    demo.start()
    again = demo.get("/api/coupons/spring")

    assert (crowd.returncode, verdict["issued"], verdict["refused"]) == (0, 40, 160), crowd.stderr
    assert verdict["rows"] == 40
    assert (issued[0], len(issued)) == ("id,member_id,status,issued_at,used_at", 41)
    result = record["result"]
    assert (result["issued"], result["left"]) == (40, 0)
    assert result["entered"] + result["turned_away"].get("sold_out", 0) >= 200
    assert (ended, left_running) == (0, [])
    assert (again["used_count"], again["state"]) == (40, "sold_out")


def test_a_demo_that_is_killed_takes_everything_with_it(demo):
    demo.start("--coupons", "40")
    assert demo.processes() != []

    demo.process.kill()
    demo.process.wait()

    eventually(lambda: demo.processes() == [], within_s=10)


def test_fresh_starts_anew_and_a_taken_port_is_said(demo):
    demo.start("--coupons", "40")
    second = demo.run("demo", "--port", str(demo.port))
    demo.run("crowd", "spring", "--members", "10", "--json")
    stop(demo.process, signal=signal.SIGTERM, grace_s=30)

    demo.start("--fresh", "--coupons", "7")

    assert second.returncode == 2
    assert f"Port {demo.port} is taken" in second.stderr
    coupon = demo.get("/api/coupons/spring")
    assert (coupon["total_count"], coupon["used_count"]) == (7, 0)


def test_the_shell_does_what_the_admin_interface_does(demo):
    demo.start("--coupons", "40")

    made = demo.run(
        "coupon", "create", "autumn", "--total", "5", "--percent", "10", "--cap", "3000",
        "--description", "Autumn", "--json",
    )  # fmt: skip
    turned = demo.run("room", "set", "autumn", "--rate", "7", "--state", "paused")
    shown = demo.run("room", "show", "autumn", "--json")
    listed = demo.run("coupon", "list", "--json")
    token = demo.run("token", "alice").stdout.strip()

    assert json.loads(made.stdout)["remain_count"] == 5, made.stderr
    assert turned.returncode == 0, turned.stderr
    assert json.loads(shown.stdout)["rate_per_s"] == 7
    assert json.loads(shown.stdout)["state"] == "paused"
    assert {c["code"]: c["state"] for c in json.loads(listed.stdout)} == {
        "spring": "open",
        "autumn": "paused",
    }
    assert token.count(".") == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("coupon", "create", "x", "--total", "5", "--description", "x"), "--amount or --percent"),
        (("room", "set", "spring", "--rate", "-1"), "rate_per_s must be above 0"),
        (("room", "show", "nothing"), "There is no such room"),
        (("coupon", "show", "nothing"), "There is no such coupon"),
        (("admin", "remove", "nobody"), "There is no admin of this name"),
        (("token", "no spaces"), "MEMBER must be 1 to 64"),
        (("crowd", "spring", "--url", "http://192.0.2.1"), "is not this machine"),
    ],
)
def test_what_is_wrong_on_the_command_line_is_a_sentence(shared_demo, words, said):
    run = shared_demo.run(*words)

    assert run.returncode in (1, 2)
    assert said in " ".join(run.stderr.split())
    assert "Traceback" not in run.stderr


def test_the_password_that_is_printed_signs_its_admin_in(shared_demo):
    folder = shared_demo.folder / ".waitroom"
    password = json.loads((folder / "secrets.json").read_text())["admin_password"]
    printed = (shared_demo.folder / "demo.log").read_text()

    answer = httpx.post(
        f"http://127.0.0.1:{shared_demo.port}/admin/signin",
        data={"name": "admin", "password": password},
    )

    assert (answer.status_code, answer.headers["location"]) == (303, "/admin")
    assert f"as admin, with {password}" in printed


@pytest.fixture(scope="module")
def shared_demo() -> Iterator[Demo]:
    with ExitStack() as stack:
        made = Demo(open_folder(stack))
        made.start("--coupons", "40")
        yield made
        stop(made.process, signal=signal.SIGTERM, grace_s=30)
