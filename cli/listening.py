"""Listening: how a listening socket is given up without losing who is already at the door.

A connection that the kernel has finished and nobody has taken is reset when its socket closes; with
SO_REUSEPORT too, unless net.ipv4.tcp_migrate_req is set (Linux, networking/ip-sysctl). So nobody
new is let in at first, then whoever is there is taken, and only then is it closed.
"""

from __future__ import annotations

import ctypes
import os
import select
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path

OPEN_FILES = Path("/proc/self/fd" if sys.platform == "linux" else "/dev/fd")
SO_ATTACH_FILTER = 26  # asm-generic/socket.h
SYN = 0x02  # in the flags, byte 13 of the TCP header (RFC 9293, 3.1)
# Classic BPF (linux/filter.h): of what comes to the socket, drop a SYN and keep all else.
DROP_SYN = (
    (0x30, 0, 0, 13),  # load the byte of flags
    (0x45, 0, 1, SYN),  # is it set?
    (0x06, 0, 0, 0),  # yes: nothing is kept
    (0x06, 0, 0, 0xFFFFFFFF),  # no: all is kept
)


def let_in_no_more(listening: socket.socket) -> bool:
    """Drop whoever begins to connect; their system tries again a second later. On Linux alone.

    False where it can't be done: some systems let nobody but root filter.
    """
    if sys.platform != "linux":
        return False
    code = b"".join(struct.pack("HBBI", *line) for line in DROP_SYN)
    kept = ctypes.create_string_buffer(code)
    program = struct.pack("HP", len(DROP_SYN), ctypes.addressof(kept))
    try:
        listening.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
    except OSError:
        return False
    return True


def take_no_more(fd: int) -> None:
    """Leave who comes to the other processes that have this socket; who is taken stays.

    The server has no word for it, so its poll forgets the socket: it sleeps until it is told that
    somebody is there. On Linux alone.
    """
    if sys.platform != "linux":
        return
    for one in list(OPEN_FILES.iterdir()):
        with suppress(OSError):
            if str(one.readlink()) == "anon_inode:[eventpoll]":
                # A copy, as it is closed with its object.
                select.epoll.fromfd(os.dup(int(one.name))).unregister(fd)


def close_to_all(listening: socket.socket) -> None:
    """Refuse whoever comes from now on, whichever processes have this socket as well."""
    with suppress(OSError):
        listening.shutdown(socket.SHUT_RDWR)


def taken_from(port: int) -> int:
    """How many connections that this process has taken on this port are open."""
    count = 0
    for file in list(OPEN_FILES.iterdir()):
        with suppress(OSError), socket.socket(fileno=os.dup(int(file.name))) as one:
            count += one.family in (socket.AF_INET, socket.AF_INET6) and _is_taken(one, port)
    return count


def _is_taken(one: socket.socket, port: int) -> bool:
    return one.getsockname()[1] == port and not one.getsockopt(
        socket.SOL_SOCKET, socket.SO_ACCEPTCONN
    )
