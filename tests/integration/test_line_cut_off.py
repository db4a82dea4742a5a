"""A Redis that cuts off whoever connects, at once: on the loop that serves, it is away like any."""

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator

import pytest
import uvloop

from waitroom.errors import LineAway
from waitroom.line import open_line

RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER of 0 s: closing sends RST
# Whether it is before or after the writing is chance: so often that it is always both.
ROUNDS, LINES, PINGS = 3, 20, 8


@pytest.fixture
def cutting_port() -> Iterator[int]:
    def cut_off() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:  # closed: the test is over
                return
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            client.close()

    listener = socket.create_server(("127.0.0.1", 0))
    cutting = threading.Thread(target=cut_off)
    cutting.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    cutting.join()


def test_who_is_cut_off_before_they_can_write_is_told_that_the_line_is_away(cutting_port):
    async def ask() -> list[object]:
        lines = [open_line(f"redis://:secret@127.0.0.1:{cutting_port}/0") for _ in range(LINES)]
        said: list[object] = []
        for _ in range(ROUNDS):
            asked = [line.place("spring", "alice") for line in lines]
            asked += [line.probe.write() for line in lines for _ in range(PINGS)]
            said += await asyncio.gather(*asked, return_exceptions=True)
        for line in lines:
            await line.aclose()
        return said

    said = uvloop.run(ask())

    assert len(said) == ROUNDS * LINES * (PINGS + 1)
    assert {type(one) for one in said} == {LineAway}
