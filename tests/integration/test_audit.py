"""The audit of our packages: what is known fails, what can't be known is said and doesn't."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from processes.child_process import free_port
from tests.house import ROOT

ADVISORY = {
    "id": "TEST-2026-1",
    "modified": "2026-01-01T00:00:00Z",
    "published": "2026-01-01T00:00:00Z",
    "details": "A flaw that is made up",
    "affected": [
        {
            "package": {"name": "redis", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "999"}]}],
        }
    ],
}


@contextmanager
def advisories(*, of: str) -> Iterator[str]:
    """A database with one advisory, as OSV's interface answers."""

    class Database(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            known = [ADVISORY] if asked["package"]["name"] == of else []
            body = json.dumps({"vulns": known} if known else {}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nobody wants to read it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Database) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
        server.shutdown()


def audit(url: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, ".ci/audit.py", "--osv-url", url]
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=90)


def test_a_package_that_is_known_to_be_vulnerable_fails_it():
    with advisories(of="redis") as url:
        done = audit(url)

    assert done.returncode == 1, done.stdout + done.stderr
    assert "TEST-2026-1, fixed in 999" in done.stdout
    assert "NOT AUDITED" not in done.stdout


def test_packages_of_which_nothing_is_known_pass():
    with advisories(of="nothing") as url:
        done = audit(url)

    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 advisories." in done.stdout


def test_a_database_that_is_not_to_be_had_is_said_and_fails_nothing():
    done = audit(f"http://127.0.0.1:{free_port()}/v1/query")

    assert done.returncode == 0
    assert done.stdout.startswith("NOT AUDITED")
