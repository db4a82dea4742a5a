"""Streams as our server serves them: who goes away is noticed, who stays is let go at the end."""

import signal
import socket
import time
from contextlib import closing

from tests.house import House, eventually


def open_stream(house: House, code: str, member_id: str) -> socket.socket:
    asks = socket.create_connection(("127.0.0.1", house.port), timeout=60)
    token = house.identity.sign(member_id)
    asks.sendall(
        f"GET /api/rooms/{code}/live HTTP/1.1\r\nHost: test\r\n"
        f"Authorization: Bearer {token}\r\n\r\n".encode()
    )
    return asks


def begins(house: House, code: str, member_id: str) -> socket.socket | None:
    """A stream that has told its first place, or None where there was no room for it."""
    asks = open_stream(house, code, member_id)
    told = b""
    while b"\n\n" not in told.partition(b"\r\n\r\n")[2]:
        part = asks.recv(65_536)
        told += part
        if b" 503 " in told or not part:
            asks.close()
            return None
    assert b"event: place" in told
    return asks


def test_a_closed_stream_makes_room_and_a_stop_ends_the_open_ones(house, engine, code):
    house.environ["LIVE_STREAMS_MAX"] = "1"
    web = house.start_web()
    house.offer(code, total=5)
    for member in ("alice", "bob"):
        eventually(lambda member=member: enters(house, code, member))

    alices = begins(house, code, "alice")
    full = begins(house, code, "bob")
    assert alices is not None
    alices.close()
    bobs = None
    deadline = time.monotonic() + 30
    while bobs is None and time.monotonic() < deadline:
        bobs = begins(house, code, "bob")
    assert bobs is not None

    with closing(bobs):
        web.send_signal(signal.SIGTERM)
        rest = b""
        while part := bobs.recv(65_536):
            rest += part
    exit_code = web.wait(60)

    assert full is None
    # Where the server itself had to end it, this end would be missing.
    assert rest.endswith(b"0\r\n\r\n")
    assert exit_code == 0


def enters(house: House, code: str, member_id: str) -> bool:
    return house.member("POST", f"/api/rooms/{code}/enter", member_id)[0] == 202
