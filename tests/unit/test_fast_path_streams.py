"""Only what plainly asks for a stream is answered before the framework."""

import pytest

from web.sse.fast_streams import ParsedStream, parse_stream


def scope(path: str, *headers: tuple[bytes, bytes], method: str = "GET") -> dict[str, object]:
    return {"type": "http", "method": method, "path": path, "headers": list(headers)}


def test_streams_are_understood_with_whatever_says_who_asks():
    headers = [
        (b"host", b"test"),
        (b"authorization", b"Bearer t.o.k"),
        (b"waitroom-ticket", b"t.i"),
        (b"cookie", b"a=b; session=s.e"),
    ]

    api = parse_stream(scope("/api/rooms/spring/live", *headers))
    page = parse_stream(scope("/rooms/spring/live"))

    assert api == ParsedStream("spring", True, "t.o.k", "t.i", {"a": "b", "session": "s.e"})
    assert page == ParsedStream("spring", False, None, None, {})


def test_an_empty_ticket_is_none_and_spaces_around_a_token_are_no_part_of_it():
    headers = [(b"authorization", b"Bearer  t.o.k "), (b"waitroom-ticket", b"")]

    asked = parse_stream(scope("/api/rooms/spring/live", *headers))

    assert asked == ParsedStream("spring", True, "t.o.k", None, {})


@pytest.mark.parametrize(
    "unusual",
    [
        scope("/api/rooms/spring/live", method="HEAD"),
        scope("/api/rooms/spring/place"),
        scope("/api/rooms//live"),
        scope("/api/rooms/NO!/live"),
        scope("/other/spring/live"),
        scope("/live"),
        scope("/api/rooms/spring/live", (b"authorization", b"Basic x")),
        scope("/api/rooms/spring/live", (b"authorization", b"Bearer  ")),
        scope("/api/rooms/spring/live", (b"cookie", b"a=b"), (b"cookie", b"session=s")),
        scope("/api/rooms/spring/live", (b"content-length", b"3")),
        scope("/api/rooms/spring/live", (b"transfer-encoding", b"chunked")),
    ],
)
def test_anything_else_is_left_to_the_framework(unusual):
    assert parse_stream(unusual) is None
