"""Only what is plainly a crowd's request is answered before the framework."""

import pytest

from web.fast_path.calls import ParsedCall, parse_call

TOKEN = (b"authorization", b"Bearer t.o.k")


def scope(method: str, path: str, *headers: tuple[bytes, bytes]) -> dict[str, object]:
    return {"type": "http", "method": method, "path": path, "headers": list(headers)}


@pytest.mark.parametrize(
    ("method", "path", "call"),
    [
        ("POST", "/api/rooms/spring/enter", "enter"),
        ("GET", "/api/rooms/spring/place", "place"),
        ("POST", "/api/coupons/spring/issue", "issue"),
    ],
)
def test_a_crowds_requests_are_understood(method, path, call):
    host, length = (b"host", b"line.example.com"), (b"content-length", b"0")

    asked = parse_call(scope(method, path, host, TOKEN, length))

    assert asked == ParsedCall(call, "spring", "t.o.k")


def test_asking_with_ones_ticket_is_plain():
    ticket = (b"waitroom-ticket", b"abc")

    asked = parse_call(scope("GET", "/api/rooms/spring/place", TOKEN, ticket))
    twice = parse_call(scope("GET", "/api/rooms/spring/place", TOKEN, ticket, ticket))
    alone = parse_call(scope("GET", "/api/rooms/spring/place", ticket))

    assert asked == ParsedCall("place", "spring", "t.o.k", "abc")
    assert (twice, alone) == (None, None)


def test_an_empty_ticket_is_none_and_spaces_around_a_token_are_no_part_of_it():
    """As FastAPI reads both."""
    empty = (b"waitroom-ticket", b"")
    spaced = (b"authorization", b"Bearer  t.o.k ")

    asked = parse_call(scope("GET", "/api/rooms/spring/place", spaced, empty))
    after_an_empty_one = parse_call(
        scope("GET", "/api/rooms/spring/place", TOKEN, empty, (b"waitroom-ticket", b"abc"))
    )

    assert asked == ParsedCall("place", "spring", "t.o.k", None)
    assert after_an_empty_one is None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/rooms/spring/enter"),
        ("HEAD", "/api/rooms/spring/place"),
        ("DELETE", "/api/rooms/spring/place"),
        ("POST", "/rooms/spring/enter"),
        ("POST", "/api/rooms/spring/issue"),
        ("POST", "/api/coupons/spring/enter"),
        ("POST", "/api/rooms/enter"),
        ("POST", "/api/rooms//enter"),
        ("POST", "/api/rooms/spring/deep/enter"),
        ("POST", "/api/rooms/SPRING/enter"),
        ("POST", "/api/rooms/spring%0a/enter"),
        ("POST", "/api/rooms/" + "a" * 41 + "/enter"),
        ("POST", "/enter"),
        ("GET", "/"),
    ],
)
def test_other_calls_are_the_frameworks(method, path):
    assert parse_call(scope(method, path, TOKEN)) is None


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"cookie", b"session=abc")],
        [(b"authorization", b"Basic abc")],
        [(b"authorization", b"bearer t.o.k")],
        [(b"authorization", b"Bearer ")],
        [(b"authorization", b"Bearer  ")],
        [(b"authorization", b"Bearer \xa0")],
        [TOKEN, TOKEN],
        [TOKEN, (b"waitroom-ticket", b"abc")],
        [TOKEN, (b"content-length", b"2")],
        [TOKEN, (b"transfer-encoding", b"chunked")],
    ],
)
def test_whatever_is_not_plain_is_the_frameworks(headers):
    assert parse_call(scope("POST", "/api/rooms/spring/enter", *headers)) is None
