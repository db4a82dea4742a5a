"""Who sends a request, through proxies that may lie."""

import pytest

from web.addresses import Proxies

PROXY, OTHER, ALICE = "10.0.0.1", "10.0.0.2", "203.0.113.7"


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "sender"),
    [
        ("", PROXY, [ALICE], PROXY),
        (PROXY, PROXY, [], PROXY),
        (PROXY, PROXY, [ALICE], ALICE),
        (PROXY, ALICE, ["1.2.3.4"], ALICE),
        (PROXY, PROXY, ["1.2.3.4, 203.0.113.7"], ALICE),
        (PROXY, PROXY, ["1.2.3.4", ALICE], ALICE),
        ("10.0.0.0/8", PROXY, [f"1.2.3.4, {ALICE}, {OTHER}"], ALICE),
        ("10.0.0.0/8,fd00::/8", "fd00::1", ["2001:db8::1"], "2001:db8::1"),
        ("*", PROXY, [f"1.2.3.4, {ALICE}"], ALICE),
        ("*", PROXY, [" , "], PROXY),
        (PROXY, PROXY, ["1.2.3.4, unknown"], "unknown"),
        (PROXY, "", [ALICE], ""),
    ],
)
def test_only_proxies_that_are_named_are_believed(trusted, peer, forwarded, sender):
    assert Proxies(trusted).sender(peer, forwarded) == sender


@pytest.mark.parametrize("wrong", ["proxy", "10.0.0.1/8", "*,10.0.0.1", "300.0.0.1"])
def test_what_is_no_address_is_refused(wrong):
    with pytest.raises(ValueError):
        Proxies(wrong)
