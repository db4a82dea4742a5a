"""IP prefixes: the addresses that limits count as one."""

from __future__ import annotations

from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

# An IPv4 address as an IPv6 socket writes it (RFC 4291, 2.5.5.2).
_MAPPED = bytes(10) + b"\xff\xff"


def pack_ip(address: str) -> bytes:
    """The address as 4 or 16 bytes; an IPv4-mapped IPv6 address as 4.

    Raises ValueError. Uses `inet_pton`, since this runs for each request: `ipaddress` takes ten
    times as long.
    """
    try:
        if ":" not in address:
            return inet_pton(AF_INET, address)
        ip = inet_pton(AF_INET6, address.partition("%")[0])
    except (OSError, UnicodeError) as error:
        raise ValueError(f"not an IP address: {address[:50]!r}") from error
    return ip[12:] if ip[:12] == _MAPPED else ip


def ip_prefix(address: str) -> str:
    """An IPv4 address unchanged; an IPv6 address as the first of its /64.

    One customer usually gets a whole /64 (RFC 6177). Raises ValueError.
    """
    ip = pack_ip(address)
    return inet_ntop(AF_INET, ip) if len(ip) == 4 else inet_ntop(AF_INET6, ip[:8] + bytes(8))
