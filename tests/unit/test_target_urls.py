"""Target URLs: no spelling of an address leads away from a site's hosts."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.sites.target_urls import site_origin, target_in, with_pass, without_pass
from tests.open_redirects import SPELLINGS

HOSTS = ("shop.example", "checkout.shop.example:8443", "http://127.0.0.1:8081")


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_spelling_of_another_address_is_none_of_the_sites(spelling):
    assert target_in(HOSTS, spelling) is None


def test_there_are_forty_spellings_of_an_open_redirect():
    assert len(set(SPELLINGS)) == len(SPELLINGS) >= 40


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("https://shop.example", "https://shop.example/"),
        ("https://shop.example/a?b=c#d", "https://shop.example/a?b=c#d"),
        ("HTTPS://Shop.Example:443/A", "https://shop.example/A"),
        ("https://checkout.shop.example:8443/", "https://checkout.shop.example:8443/"),
        ("http://127.0.0.1:8081/cart?x=%20+&y", "http://127.0.0.1:8081/cart?x=%20+&y"),
        ("https://shop.example?x=1", "https://shop.example/?x=1"),
        ("https://shop.example/신발?q=운동화", None),
        ("https://shop.example//evil.example/", "https://shop.example//evil.example/"),
        ("https://shop.example/?to=https://evil.example", None),
        ("https://shop.example/a\\b", "https://shop.example/a%5Cb"),
        ('https://shop.example/?q="<a b>"', "https://shop.example/?q=%22%3Ca%20b%3E%22"),
    ],
)
def test_an_address_of_the_site_stays_as_it_was_asked_for(raw, kept):
    found = target_in(HOSTS, raw)

    assert found is not None
    assert found.isascii()
    if kept is not None:
        assert found == kept
    assert target_in(HOSTS, found) == found


AWKWARD = st.sampled_from(
    ["https:", "//", "/", "\\", "@", "shop.example", "evil.example", ":443", ":", ".", "%2e", "%40",
     "?", "#", "\t", "\n", " ", "\u3002", "\uff0f", "[", "]", "::1", "\x00", "http:", "javascript:"]
)  # fmt: skip


@given(st.lists(st.one_of(AWKWARD, st.text(max_size=3)), max_size=12).map("".join))
@example("https://shop.example\\@evil.example")
def test_whatever_is_asked_for_the_answer_lies_in_the_sites_hosts(raw):
    found = target_in(HOSTS, raw)

    if found is not None:
        at = urlsplit(found)
        assert f"{at.scheme}://{at.netloc}" in {site_origin(host) for host in HOSTS}
        assert not set(at.netloc) & set("@\\%")
        assert found.isascii()
        assert found.isprintable()


@given(st.text(alphabet="abcdefghij.-:@/\\%[]0123456789", max_size=30))
def test_no_other_host_is_the_sites(host):
    found = target_in(["shop.example"], f"https://{host}/")

    assert found is None or host.lower() in ("shop.example", "shop.example:443") or "/" in host


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("shop.example", "https://shop.example"),
        ("Shop.Example:8443", "https://shop.example:8443"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("https://shop.example:443", "https://shop.example"),
        ("쇼핑.example", "https://xn--9t4b11b92v.example"),
        ("[::1]:8443", "https://[::1]:8443"),
        ("192.0.2.7", "https://192.0.2.7"),
    ],
)
def test_a_host_is_read_as_an_admin_writes_it(host, origin):
    if origin.startswith("https://xn--"):
        assert (site_origin(host) or "").startswith("https://xn--")
    else:
        assert site_origin(host) == origin


@pytest.mark.parametrize(
    "host",
    ["", "shop.example/path", "*.example", "user@shop.example", "ftp://shop.example", "a b",
     "shop.example:0", "shop.example:99999", "127.1", "0x7f.1", "2130706433", "[::ffff", "-a.b",
     "javascript://x", "a" * 300, "shop..example", "shop.example."],
)  # fmt: skip
def test_what_is_no_host_is_refused(host):
    assert site_origin(host) is None


@pytest.mark.parametrize(
    ("url", "clean", "token"),
    [
        ("https://s.example/?waitroom_pass=a.b.c", "https://s.example/", "a.b.c"),
        ("https://s.example/?x=1&waitroom_pass=p&y=%20+", "https://s.example/?x=1&y=%20+", "p"),
        ("https://s.example/?waitroom%5Fpass=p#at", "https://s.example/#at", "p"),
        ("https://s.example/?waitroom_pass=p&waitroom_pass=q", "https://s.example/", "p"),
        ("https://s.example/?a&&b=", "https://s.example/?a&&b=", ""),
        ("https://s.example/?", "https://s.example/?", ""),
        ("/cart?waitroom_pass=p", "/cart", "p"),
    ],
)
def test_a_pass_is_taken_out_of_an_address(url, clean, token):
    assert without_pass(url) == (clean, token)


@given(
    st.sampled_from(["", "?", "?a=1", "?a=1&", "?b=%26&c"]),
    st.sampled_from(["", "#", "#part?x=1"]),
)
def test_an_address_is_the_same_again_without_the_pass_it_got(query, fragment):
    url = f"https://shop.example/a{query}{fragment}"

    given_out = with_pass(url, "a.b-c_d")
    clean, token = without_pass(given_out)

    assert (clean, token) == (url, "a.b-c_d")
    assert "waitroom_pass=a.b-c_d" in given_out.partition("#")[0]
