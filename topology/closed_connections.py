"""Closed connections to Redis: what happens to commands that Redis has not received."""

from __future__ import annotations

import socket
import struct

_AFTER_0_S = struct.pack("ii", 1, 0)


def reset_when_closed(sock: socket.socket) -> None:
    """Let closing this socket discard what Redis has not received.

    The kernel would send it again for a minute. After a network failure a command that timed out
    would then count as made again: a member who has got a final answer from another host and has
    left would be in line again, or lose the place that they have taken since.
    """
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AFTER_0_S)
