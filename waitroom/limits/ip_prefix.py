"""The addresses that are counted as one."""

from __future__ import annotations

from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

# An IPv4 address as an IPv6 socket writes it (RFC 4291, 2.5.5.2).
_MAPPED = bytes(10) + b"\xff\xff"


def pack_ip(address: str) -> bytes:
    """4 or 16 bytes; an IPv4 address that is written as IPv6 is an IPv4 address.

    Raises ValueError. By the system, as this is done for each who comes: `ipaddress` takes ten
    times as long.
    """
    try:
        if ":" not in address:
            return inet_pton(AF_INET, address)
        ip = inet_pton(AF_INET6, address.partition("%")[0])
    except (OSError, UnicodeError) as error:
        raise ValueError(f"no address: {address[:50]!r}") from error
    return ip[12:] if ip[:12] == _MAPPED else ip


def ip_prefix(address: str) -> str:
    """An IPv4 address as it is; of an IPv6 address the first of its /64.

    Who has one IPv6 address has the 2^64 beside it (RFC 6177). Raises ValueError.
    """
    ip = pack_ip(address)
    return inet_ntop(AF_INET, ip) if len(ip) == 4 else inet_ntop(AF_INET6, ip[:8] + bytes(8))
