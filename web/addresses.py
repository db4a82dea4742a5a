"""Addresses: where a request comes from, also through proxies whose word is taken."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

ANY = "*"
HEADER = "x-forwarded-for"


class Proxies:
    """Those whose X-Forwarded-For is believed: addresses and networks, comma separated, or `*`
    where nobody but our own proxy can reach us. Raises ValueError.
    """

    def __init__(self, trusted: str = "") -> None:
        words = [word.strip() for word in trusted.split(",") if word.strip()]
        self._any = words == [ANY]
        self._trusted = [] if self._any else [ipaddress.ip_network(word) for word in words]
        self.any_trusted = bool(words)
        # A proxy is asked about with each request that it brings.
        self._believes = lru_cache(maxsize=1_024)(self._believes_in)

    def sender(self, peer: str, forwarded: Sequence[str]) -> str:
        """Who speaks to the outermost proxy that is believed; `forwarded` is the header's values.

        Read from its end: what stands before an address that isn't believed is a stranger's.
        """
        address = peer
        for word in reversed(",".join(forwarded).split(",")):
            if not word.strip() or not self._believes(address):
                break
            address = word.strip()
            if self._any:
                break  # one proxy, ours: what it was told by others is hearsay
        return address

    def _believes_in(self, address: str) -> bool:
        if self._any:
            return True
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(ip in network for network in self._trusted)
