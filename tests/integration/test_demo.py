"""The demo: one command from nothing to a coupon; nothing of it outlives it; its data does.

A start takes many processes, so one demo serves all tests here; who ends it starts it again.
"""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from cli import main
from processes.child_process import free_port, spawn, stop
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
        eventually(lambda: self.get("/readyz") is not None, within_s=240)

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "cli", *words]
        return subprocess.run(
            argv, env=self.environ, cwd=self.folder, capture_output=True, text=True, check=False
        )

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        return stop(self.process, signal=number, grace_s=60)

    def get(self, path: str) -> object:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}{path}", timeout=60
            ) as answer:
                return json.loads(answer.read())
        except (urllib.error.URLError, OSError):
            return None

    def processes(self) -> list[str]:
        """Whatever still runs in or from this folder."""
        listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
        ours = (str(self.folder), f"--port {self.port}")
        return [line for line in listing.stdout.splitlines() if any(o in line for o in ours)]


@pytest.fixture(scope="module")
def kept() -> Iterator[Demo]:
    """Started with 40 coupons, which is what a later start finds."""
    with ExitStack() as stack:
        made = Demo(open_folder(stack))
        stack.callback(lambda: made.is_running() and made.stop())
        made.start("--coupons", "40", "--rate", "100")
        yield made


@pytest.fixture
def demo(kept: Demo) -> Demo:
    """It runs, whatever the test before has done to it."""
    if not kept.is_running():
        kept.start()
    return kept


@pytest.fixture
def waitroom(demo: Demo, monkeypatch, capsys) -> Callable[..., tuple[int, str, str]]:
    """Runs `waitroom WORDS` where the demo runs, in this process: exit code, output, errors."""
    monkeypatch.chdir(demo.folder)
    for name in ("DATABASE_URL", "REDIS_URL", "QUEUE_REDIS_URL"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["waitroom", *words])
        with pytest.raises(SystemExit) as ended:
            main.run()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("coupon", "create", "x", "--total", "5", "--description", "x"), "--amount or --percent"),
        (("room", "set", "spring", "--rate", "-1"), "rate_per_s must be above 0"),
        (("room", "show", "nothing"), "There is no such room"),
        (("coupon", "show", "nothing"), "There is no such coupon"),
        (("admin", "remove", "nobody"), "There is no admin with this name"),
        (("token", "no spaces"), "MEMBER is not valid: a member id is 1 to 128"),
        (("crowd", "spring", "--url", "http://192.0.2.1"), "is not on this machine"),
    ],
)
def test_what_is_wrong_on_the_command_line_is_a_sentence(waitroom, words, said):
    code, _, errors = waitroom(*words)

    assert code in (1, 2)
    assert said in " ".join(errors.split())
    assert "Traceback" not in errors


def test_the_shell_does_what_the_admin_interface_does(demo, waitroom):
    made = waitroom(
        "coupon", "create", "autumn", "--total", "5", "--percent", "10", "--cap", "3000",
        "--description", "Autumn", "--json",
    )  # fmt: skip
    turned = waitroom("room", "set", "autumn", "--rate", "7", "--state", "paused")
    shown = waitroom("room", "show", "autumn", "--json")
    listed = waitroom("coupon", "list", "--json")
    token = waitroom("token", "alice")

    assert [code for code, *_ in (made, turned, shown, listed, token)] == [0] * 5
    assert json.loads(made[1])["remain_count"] == 5
    assert json.loads(shown[1])["rate_per_s"] == 7
    assert json.loads(shown[1])["state"] == "paused"
    assert {c["code"]: c["state"] for c in json.loads(listed[1])} == {
        "spring": demo.get("/api/coupons/spring")["state"],
        "autumn": "paused",
    }
    assert token[1].strip().count(".") == 2


def test_the_password_that_is_printed_signs_its_admin_in(demo):
    password = json.loads((demo.folder / ".waitroom" / "secrets.json").read_text())
    printed = demo.folder / "demo.log"
    # It says so once it is ready, which a moment before may already have been seen.
    said = f"as admin, with {password['admin_password']}"
    eventually(lambda: said in printed.read_text())

    with httpx.Client(base_url=f"http://127.0.0.1:{demo.port}", timeout=30) as browser:
        answer = browser.post(
            "/admin/signin", data={"name": "admin", "password": password["admin_password"]}
        )
        kept = browser.get(answer.headers["location"])

    assert answer.status_code == 303
    assert (kept.status_code, kept.headers["location"]) == (303, "/admin")


def test_it_serves_a_crowd_keeps_its_data_and_leaves_nothing_behind(demo):
    crowd = demo.run("crowd", "spring", "--members", "200", "--json")
    verdict = json.loads(crowd.stdout)
    columns = "id,short_code,member_id,status,issued_at,used_at"
    issued = demo.run("coupon", "issued", "spring", "--csv").stdout.splitlines()
    record = json.loads(demo.run("room", "record", "spring").stdout)

    ended = demo.stop(signal.SIGINT)
    left_running = demo.processes()
    demo.start()
    again = demo.get("/api/coupons/spring")

    assert (crowd.returncode, verdict["issued"], verdict["refused"]) == (0, 40, 160), crowd.stderr
    assert verdict["rows"] == 40
    assert (issued[0], len(issued)) == (columns, 41)
    result = record["result"]
    assert (result["issued"], result["left"]) == (40, 0)
    assert result["entered"] + result["turned_away"].get("sold_out", 0) >= 200
    assert (ended, left_running) == (0, [])
    assert (again["used_count"], again["state"]) == (40, "sold_out")


def test_a_taken_port_is_said(demo):
    second = demo.run("demo", "--port", str(demo.port))

    assert second.returncode == 2
    assert f"Port {demo.port} is taken" in second.stderr
    assert "end it with Ctrl-C" in " ".join(second.stderr.split())


def test_killed_it_takes_everything_with_it_and_fresh_it_starts_anew(demo):
    assert demo.processes() != []

    demo.process.kill()
    demo.process.wait()
    eventually(lambda: demo.processes() == [])
    demo.start("--fresh", "--coupons", "7")

    coupon = demo.get("/api/coupons/spring")
    assert (coupon["total_count"], coupon["used_count"]) == (7, 0)
