"""Client IP: a request's address, also behind trusted proxies."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from waitroom.limits.ip_prefix import pack_ip

ANY = "*"
HEADER = "x-forwarded-for"
# An address with its port and zone is shorter, so a longer word is not one.
_WORD_LENGTH_MAX = 80
# The part of the header that is read, from its end, as proxies append.
_LENGTH_MAX = 1_024
# The most hops that are read.
_HOPS_MAX = 16

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def parse_address(text: str) -> Address | None:
    """Parse an address in any form that servers and proxies write; None for anything else.

    IPv4 or IPv6; in brackets or quotes; with a port or a zone. An IPv4-mapped IPv6 address becomes
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
    """Proxies whose X-Forwarded-For is trusted: addresses and networks, comma separated, or `*`
    where only the operator's proxy can reach this process. Raises ValueError.
    """

    def __init__(self, trusted: str = "") -> None:
        words = [word.strip() for word in trusted.split(",") if word.strip()]
        self._any = words == [ANY]
        self._trusted = [] if self._any else [ipaddress.ip_network(word) for word in words]

    def trusts(self, address: Address | None) -> bool:
        """Whether this peer's header is trusted. A Unix socket's peer has no address."""
        if self._any:
            return True
        return address is not None and any(address in network for network in self._trusted)

    def client_address(self, peer: Address | None, forwarded: Sequence[str]) -> Address | None:
        """The address that the outermost trusted proxy saw. forwarded: the header's values.

        Reads from the end, as anything before an untrusted address may be forged. None where the
        address that counts can't be parsed.
        """
        if not self.trusts(peer):
            return peer
        address, hops = peer, ",".join(forwarded)[-_LENGTH_MAX:].split(",")
        for word in hops[: -_HOPS_MAX - 1 : -1]:
            if not word.strip():
                break
            address = parse_address(word)
            if self._any or not self.trusts(address):
                break  # with `*` there is one proxy, so earlier hops come from clients
        return address
