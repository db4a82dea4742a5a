"""As what a request's address is counted: one sender is one, however their address is written."""

import gc
import itertools
import tracemalloc

import pytest

from tests.integration.web_cast import app_with, client_of
from tests.unit.test_client_ip import NONSENSE, SPELLINGS
from web.limits.client_ip import TrustedProxies
from web.limits.limit_values import WebLimits
from web.limits.request_limits import UNREADABLE

PROXY = "10.0.0.1"
LENGTH = 10_000
# As a server tells of its peer that listens on 0.0.0.0, on :: or on a file.
PEERS = {"0.0.0.0": (PROXY, 1), "::": (f"::ffff:{PROXY}", 1), "a file": None}


def gate_with(parts, *, named: str = "", exempt: str = "127.0.0.0/8,::1"):
    return app_with(
        parts, limits=WebLimits(exempt_ips=exempt), proxies=TrustedProxies(named)
    ).state.rate_limit


def scope_of(peer, *forwarded: str) -> dict:
    headers = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    return {"client": peer, "headers": headers, "path": "/"}


@pytest.mark.parametrize("listens", PEERS)
@pytest.mark.parametrize("address", SPELLINGS)
def test_every_spelling_is_one_sender_where_the_proxy_is_named(parts, listens, address):
    gate = gate_with(parts, named="*" if listens == "a file" else PROXY)
    peer = PEERS[listens]

    counted = {gate.count_key(scope_of(peer, text)) for text in SPELLINGS[address]}
    if listens != "a file":  # behind `*` there is one proxy: the last word counts
        counted |= {
            gate.count_key(scope_of(peer, f"1.2.3.4, {text}")) for text in SPELLINGS[address]
        }
        counted |= {gate.count_key(scope_of(peer, "1.2.3.4", text)) for text in SPELLINGS[address]}

    assert len(counted) == 1
    assert counted != {""}


@pytest.mark.parametrize("forwarded", [(), ("192.0.2.9",), ("1.2.3.4", "192.0.2.9")])
def test_a_sender_is_the_same_where_the_headers_were_read_before(parts, forwarded):
    gate, scope = gate_with(parts, named=PROXY), scope_of((PROXY, 1), *forwarded)

    assert gate.count_key(scope, dict(scope["headers"])) == gate.count_key(scope)
    assert gate.count_key(scope) == ("192.0.2.9" if forwarded else PROXY)


@pytest.mark.parametrize("listens", PEERS)
def test_all_nonsense_is_one_sender(parts, listens):
    gate = gate_with(parts, named="*" if listens == "a file" else PROXY, exempt="10.0.0.0/8")
    peer = PEERS[listens]
    said = [text.encode("ascii", "replace").decode() for text in NONSENSE if text.strip()]

    assert {gate.count_key(scope_of(peer, text)) for text in said} == {UNREADABLE}


@pytest.mark.parametrize("listens", PEERS)
def test_a_proxy_that_nobody_named_is_one_sender_even_where_it_would_be_exempt(
    parts, listens, capsys
):
    gate, peer = gate_with(parts, exempt="10.0.0.0/8"), PEERS[listens]
    texts = [*itertools.chain(*SPELLINGS.values()), "unknown", "1.2.3.4"]

    counted = {gate.count_key(scope_of(peer, text)) for text in texts}

    assert counted == {UNREADABLE if peer is None else PROXY}
    assert gate.count_key(scope_of(peer)) == (UNREADABLE if peer is None else ""), (
        "its own requests"
    )
    warned = capsys.readouterr().out.count("FORWARDED_ALLOW_IPS does not name")
    assert warned == (0 if peer is None else 1)


def test_whom_a_named_proxy_brings_from_an_exempt_address_is_exempt(parts):
    gate = gate_with(parts, named=PROXY, exempt="192.0.2.0/24")

    assert gate.count_key(scope_of((PROXY, 1), "192.0.2.9:443")) == ""
    assert gate.count_key(scope_of((PROXY, 1), "192.0.3.9")) == "192.0.3.9"


def memory_in_use() -> int:
    """Bytes, without what only waits to be collected."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


async def test_no_header_fills_a_cache(parts):
    """Every header whose value is a key of something that is kept, or could be."""
    app = app_with(
        parts, proxies=TrustedProxies("127.0.0.1"), limits=WebLimits(address_requests_max=0)
    )
    async with client_of(app) as client:

        async def ask(number: int) -> None:
            long = f"{number:04}-" * (LENGTH // 5)
            headers = {
                "X-Forwarded-For": f"{long}, 203.0.113.{number % 250}",
                "Accept-Language": f"ko;q=0.{number}, {long}",
                "X-Request-Id": long,
                "Cookie": f"session={long}; lang={long}",
                "Authorization": f"Bearer {long}",
                "Waitroom-Ticket": long,
            }
            await client.get("/healthz", headers=headers)
            await client.get(f"/rooms/nowhere-{number}", headers=headers)

        for number in range(100):  # what is made at the first asking
            await ask(number)
        tracemalloc.start()
        try:
            before = memory_in_use()
            for number in range(1_000, 1_200):
                await ask(number)
            grown = memory_in_use() - before
        finally:
            tracemalloc.stop()

    # A cache that kept one of these would have grown by 200 times LENGTH.
    assert grown < 200 * LENGTH / 4
