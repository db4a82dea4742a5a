"""Who sends a request, through proxies that may lie, in whatever spelling they write an address."""

import ipaddress

import pytest

from web.limits.client_ip import TrustedProxies, parse_address

PROXY, OTHER, ALICE = "10.0.0.1", "10.0.0.2", "203.0.113.7"
ALICE_6 = "2001:db8::7"
SPELLINGS = {
    ALICE: [
        "203.0.113.7", " 203.0.113.7 ", "203.0.113.7:443", '"203.0.113.7"', "::ffff:203.0.113.7",
        "::FFFF:cb00:7107", "[::ffff:203.0.113.7]", "[::ffff:203.0.113.7]:8443",
    ],
    ALICE_6: [
        "2001:db8::7", "2001:DB8:0:0:0:0:0:7", "[2001:db8::7]", "[2001:db8::7]:443",
        '"[2001:db8::7]:443"', "2001:db8::7%eth0", "[2001:db8::7%25eth0]:1",
    ],
}  # fmt: skip
NONSENSE = [
    "", "unknown", "_hidden", "203.0.113", "203.0.113.7.8", "203.0.113.999", "203.0.113.7:", "0x7f",
    "203.0.113.7:port", "[203.0.113.7", "[::1]443", "localhost", "::g", "203.0.113.7\x00",
    "\uff12\uff10\uff13.0.113.7", "1" * 5_000, "203.0.113.7;203.0.113.8", "203.0.113.7:123456",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "address"), [(text, one) for one, texts in SPELLINGS.items() for text in texts]
)
def test_an_address_is_read_in_every_spelling(text, address):
    assert parse_address(text) == ipaddress.ip_address(address)


@pytest.mark.parametrize("text", NONSENSE)
def test_what_is_no_address_is_none(text):
    assert parse_address(text) is None


def sender_of(trusted: str, peer: str, forwarded: list[str]) -> str | None:
    found = TrustedProxies(trusted).client_address(parse_address(peer), forwarded)
    return None if found is None else str(found)


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "sender"),
    [
        ("", PROXY, [ALICE], PROXY),
        (PROXY, PROXY, [], PROXY),
        (PROXY, PROXY, [ALICE], ALICE),
        (PROXY, f"::ffff:{PROXY}", [ALICE], ALICE),
        (PROXY, ALICE, ["1.2.3.4"], ALICE),
        (PROXY, PROXY, ["1.2.3.4, 203.0.113.7"], ALICE),
        (PROXY, PROXY, ["1.2.3.4", ALICE], ALICE),
        ("10.0.0.0/8", PROXY, [f"1.2.3.4, {ALICE}, {OTHER}"], ALICE),
        ("10.0.0.0/8", PROXY, [f"1.2.3.4, {ALICE}:80, [::ffff:{OTHER}]:80"], ALICE),
        ("10.0.0.0/8,fd00::/8", "fd00::1", ["2001:db8::1"], "2001:db8::1"),
        ("*", PROXY, [f"1.2.3.4, {ALICE}"], ALICE),
        ("*", "", [ALICE], ALICE),
        ("*", PROXY, [" , "], PROXY),
        (PROXY, PROXY, ["1.2.3.4, unknown"], None),
        (PROXY, PROXY, [f"{ALICE}, "], PROXY),
        (PROXY, "", [ALICE], None),
    ],
)
def test_only_proxies_that_are_named_are_believed(trusted, peer, forwarded, sender):
    assert sender_of(trusted, peer, forwarded) == sender


def test_a_long_header_is_read_from_its_end_alone():
    assert sender_of(PROXY, PROXY, ["1.2.3.4, " * 100_000 + ALICE]) == ALICE
    assert sender_of("10.0.0.0/8", PROXY, [f"{ALICE}, " + f"{OTHER}, " * 50 + OTHER]) == OTHER


@pytest.mark.parametrize("wrong", ["proxy", "10.0.0.1/8", "*,10.0.0.1", "300.0.0.1"])
def test_what_is_no_address_is_refused(wrong):
    with pytest.raises(ValueError):
        TrustedProxies(wrong)
