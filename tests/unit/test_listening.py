"""A listening socket is given up: who is at the door is taken, who comes later is not reset."""

import select
import socket
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from cli.listening import close_to_all, let_in_no_more, take_no_more, taken_from

SO_LOCK_FILTER = 44  # asm-generic/socket.h: to change the filter is not permitted any more
only_linux = pytest.mark.skipif(sys.platform != "linux", reason="others have no such filter")


@pytest.fixture
def door() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def connect(door: socket.socket, timeout_s: float = 5.0) -> socket.socket:
    return socket.create_connection(door.getsockname(), timeout=timeout_s)


def hold(door: socket.socket) -> None:
    if not let_in_no_more(door):
        pytest.skip("this system lets nobody but root filter")


@only_linux
def test_where_nobody_may_be_held_back_that_is_said(door):
    door.setsockopt(socket.SOL_SOCKET, SO_LOCK_FILTER, 1)

    assert let_in_no_more(door) is False
    connect(door).close()


@only_linux
def test_who_is_at_the_door_is_still_taken_and_nobody_else_is_let_in(door):
    with closing(connect(door)) as early:
        hold(door)

        with pytest.raises(TimeoutError):  # not refused: their system tries again by itself
            connect(door, timeout_s=0.2)
        early.sendall(b"asked")
        taken, _ = door.accept()
        with taken:
            assert taken.recv(16) == b"asked"


@only_linux
def test_who_was_not_let_in_reaches_another_on_the_same_port_once_it_is_closed():
    with socket.socket() as old, socket.socket() as new:
        for one in (old, new):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        old.bind(("127.0.0.1", 0))
        old.listen()
        hold(old)
        new.bind(old.getsockname())
        new.listen()
        close_to_all(old)

        for _ in range(10):  # the kernel would give each of the two half of them
            with closing(connect(new)):
                taken, address = new.accept()
                assert taken.getsockname() == new.getsockname(), address
                taken.close()


def test_a_door_that_is_closed_to_all_refuses(door):
    close_to_all(door)

    with pytest.raises(ConnectionRefusedError):
        connect(door)


@only_linux
def test_a_poll_hears_no_more_of_a_door_that_others_have_too(door):
    with closing(select.epoll()) as poll:
        poll.register(door.fileno(), select.EPOLLIN)
        take_no_more(door.fileno())

        with closing(connect(door)):
            heard = poll.poll(0.2)
            taken, _ = door.accept()
            taken.close()

    assert heard == []


def test_only_what_was_taken_on_the_port_is_counted(door):
    port = door.getsockname()[1]
    before = taken_from(port)
    with closing(connect(door)):
        taken, _ = door.accept()
        during = taken_from(port)
        taken.close()

        assert (before, during, taken_from(port)) == (0, 1, 0)
