"""What a server bears of senders who are slow, endless or wrong: by real sockets."""

import socket
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from processes.child_process import free_port, spawn, stop
from tests.house import ROOT, eventually

SERVE = """
import sys
from processes.http.server import run_server
run_server("load.bench.baseline_server:make_app", host="127.0.0.1", port=int(sys.argv[1]),
           processes=1,
           headers_within_ms=int(sys.argv[2]))
"""
# `waitroom WORDS` with less patience for a body.
IMPATIENT = """
import sys
from cli.main import run
from web.middleware.security import BodyLimit
BodyLimit.__init__.__defaults__ = (1.0,)
run()
"""
GET = b"GET / HTTP/1.1\r\nHost: here\r\n"
END = b"\r\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory) -> Iterator[int]:
    """Our server, with less patience than usual: nobody wants to wait half a minute here."""
    with serving(tmp_path_factory.mktemp("server") / "log", headers_within_ms=1_500) as chosen:
        yield chosen


@pytest.fixture
def patient_port(tmp_path) -> Iterator[int]:
    with serving(tmp_path / "log", headers_within_ms=600_000) as chosen:
        yield chosen


@contextmanager
def serving(log: Path, *, headers_within_ms: int) -> Iterator[int]:
    chosen = free_port()
    argv = [sys.executable, "-c", SERVE, str(chosen), str(headers_within_ms)]
    process = spawn(argv, env={}, cwd=ROOT, log=log)
    eventually(lambda: answers(chosen))
    yield chosen
    stop(process, signal=15, grace_s=10)


def answers(port: int) -> bool:
    try:
        return status(port, GET + END) == 200
    except OSError:
        return False


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def status(port: int, request: bytes) -> int:
    with closing(connected(port)) as one:
        one.sendall(request)
        return int(one.recv(100).split()[1])


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: here\r\n\r\n", 414),
        (GET + b"X: " + b"a" * 200_000 + b"\r\n\r\n", 431),
        (GET + b"".join(b"X%d: a\r\n" % number for number in range(150)) + END, 431),
        (b"hello\r\n\r\n", 400),
        (GET + b"Content-Length: one\r\n\r\n", 400),
    ],
    ids=["address", "header", "headers", "nonsense", "length"],
)
def test_what_is_too_long_or_no_request_is_refused(port, request_, expected):
    assert status(port, request_) == expected
    assert answers(port)


def test_headers_that_come_by_the_letter_are_not_waited_for(port):
    give_up = time.monotonic() + 60
    with closing(connected(port)) as slow:
        slow.sendall(GET)
        # The server closes the connection.
        with pytest.raises(OSError):
            while time.monotonic() < give_up:
                slow.sendall(b"X")
                time.sleep(0.2)


def test_many_slow_senders_hold_up_nobody(patient_port):
    """The server waits for them for longer than anybody here waits for an answer."""
    slow = [connected(patient_port) for _ in range(300)]
    for one in slow:
        one.sendall(GET)

    answered = [answers(patient_port) for _ in range(10)]

    for one in slow:
        one.close()
    assert all(answered)


def test_a_connection_that_asks_no_more_is_let_go(port):
    with closing(connected(port)) as idle:
        idle.sendall(GET + END)
        body = b""
        while len(body) < 400:
            body += idle.recv(4_096)

        assert idle.recv(100) == b""


def test_a_body_that_never_comes_is_refused(house):
    house.run([sys.executable, "-c", IMPATIENT, "web", "--port", str(house.port)])
    house.until_ready()
    head = b"POST /signin HTTP/1.1\r\nHost: here\r\n"
    head += b"Content-Type: application/x-www-form-urlencoded\r\n"
    with closing(connected(house.port)) as slow:
        slow.settimeout(40)
        slow.sendall(head + b"Content-Length: 100\r\n\r\nname=a")
        answer = slow.recv(100)
    too_large = status(house.port, head + b"Content-Length: 99999\r\n\r\n")

    assert answer.split()[1] == b"408"
    assert too_large == 413
