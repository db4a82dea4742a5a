"""A Locust crowd that is lied to, or not answered, ends with an exit code that says so."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from processes.child_process import free_port
from tests.integration.cast import on_offer
from tests.integration.load_cast import run_locust

PEOPLE = 12
TOTAL = 5


class Stub(BaseHTTPRequestHandler):
    """Offers a coupon like ours; what entering comes to is another matter."""

    # Of everybody who enters: the status, and the body.
    entering: tuple[int, dict[str, object]]

    def do_GET(self) -> None:
        self._answer(200, {"issuing": "queue", "total_count": TOTAL, "state": "open"})

    def do_POST(self) -> None:
        self._answer(*self.entering)

    def _answer(self, status: int, body: dict[str, object]) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Silence."""


@contextmanager
def stub(status: int, body: dict[str, object]) -> Iterator[str]:
    """Its address."""
    answers = type("Answers", (Stub,), {"entering": (status, body)})
    with ThreadingHTTPServer(("127.0.0.1", 0), answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def open_run(house, code, tmp_path, base_url):
    words = ("-u", str(PEOPLE), "--coupon", code)
    return run_locust(
        house, "load/scenarios/open_run.py", *words, folder=tmp_path, base_url=base_url
    )


def test_a_server_that_breaks_down_makes_it_fail(house, code, tmp_path):
    with stub(500, {"type": "internal", "detail": "This is a bug."}) as address:
        run = open_run(house, code, tmp_path, address)

    assert run.exit_code == 1
    assert run.failures == {"enter (internal)": PEOPLE}
    assert run.verdict["failed"] == str(PEOPLE)
    assert f"{PEOPLE} x 500 internal: This is a bug." in run.said
    assert "A promise was broken." in run.said


def test_a_coupon_that_postgres_knows_nothing_of_makes_it_fail(house, engine, code, tmp_path):
    on_offer(engine, code, TOTAL)
    everybody = {
        "state": "issued",
        "ahead": None,
        "arrived_at": None,
        "issued_coupon": {"id": "the same for all"},
    }

    with stub(200, everybody) as address:
        run = open_run(house, code, tmp_path, address)

    assert run.exit_code == 1
    assert run.failures == {}
    assert run.verdict["outcome without a row"] == str(PEOPLE)
    assert run.verdict["over-issued"] == str(PEOPLE - TOTAL)
    assert "A promise was broken." in run.said


def test_nobody_there_is_said_before_anybody_sets_out(house, code, tmp_path):
    address = f"http://127.0.0.1:{free_port()}"

    run = open_run(house, code, tmp_path, address)

    assert run.exit_code == 1
    assert f"There is no server at {address}" in run.said
    assert run.requests == {}
