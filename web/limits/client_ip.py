"""Where a request comes from, also through proxies whose word is taken."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from waitroom.limits.ip_prefix import pack_ip

ANY = "*"
HEADER = "x-forwarded-for"
# An address with its port and zone is shorter; a longer word is none.
_WORD_LENGTH_MAX = 80
# Of all values of the header, from their end: proxies append.
_LENGTH_MAX = 1_024
# Hops that are believed, at most.
_HOPS_MAX = 16

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def parse_address(text: str) -> Address | None:
    """The address in any spelling that servers and proxies write, None where it is none.

    IPv4 or IPv6; in brackets or quotes; with a port or a zone; an IPv4 address written as IPv6 is
    an IPv4 address.
    """
    text = text.strip().strip('"')
    if len(text) > _WORD_LENGTH_MAX:
        return None
    if text.startswith("["):
        text, closed, port = text[1:].partition("]")
        if not closed or (port and not (port[0] == ":" and _is_port(port[1:]))):
            return None
    elif text.count(":") == 1:
        text, _, port = text.partition(":")
        if not _is_port(port):
            return None
    try:
        return ipaddress.ip_address(pack_ip(text))
    except ValueError:
        return None


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5


class TrustedProxies:
    """Those whose X-Forwarded-For is believed: addresses and networks, comma separated, or `*`
    where nobody but our own proxy can reach us. Raises ValueError.
    """

    def __init__(self, trusted: str = "") -> None:
        words = [word.strip() for word in trusted.split(",") if word.strip()]
        self._any = words == [ANY]
        self._trusted = [] if self._any else [ipaddress.ip_network(word) for word in words]

    def trusts(self, address: Address | None) -> bool:
        """Whether the header counts that this peer sends. A socket file's peer has no address."""
        if self._any:
            return True
        return address is not None and any(address in network for network in self._trusted)

    def client_address(self, peer: Address | None, forwarded: Sequence[str]) -> Address | None:
        """Who speaks to the outermost proxy that is believed; `forwarded` is the header's values.

        Read from its end: what stands before an address that isn't believed is a stranger's. None
        where the address that counts can't be read.
        """
        if not self.trusts(peer):
            return peer
        address, said = peer, ",".join(forwarded)[-_LENGTH_MAX:].split(",")
        for word in said[: -_HOPS_MAX - 1 : -1]:
            if not word.strip():
                break
            address = parse_address(word)
            if self._any or not self.trusts(address):
                break  # behind `*` there is one proxy, ours: what it was told by others is hearsay
        return address
