"""Which addresses are counted as one."""

import pytest

from waitroom.limits.ip_prefix import ip_prefix


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:DB8:1:2::1", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("fe80::1%eth0", "fe80::"),
        ("::1", "::"),
    ],
)
def test_an_ipv6_address_stands_for_its_64(address, counted_as):
    assert ip_prefix(address) == counted_as


@pytest.mark.parametrize(
    "text", ["", "unknown", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4:80", "[::1]", ":::"]
)
def test_what_is_no_address_is_said(text):
    with pytest.raises(ValueError, match="not an IP address"):
        ip_prefix(text)
