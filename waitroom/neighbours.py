"""Neighbours: the addresses that are counted as one."""

from __future__ import annotations

import ipaddress


def neighbours_of(address: str) -> str:
    """An IPv4 address as it is; of an IPv6 address the first of its /64.

    Who has one IPv6 address has the 2^64 beside it (RFC 6177). An IPv4 address that an IPv6 socket
    has written (RFC 4291, 2.5.5.2) is an IPv4 address. Raises ValueError.
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ipaddress.ip_network((int(ip), 64), strict=False).network_address)
