"""A request is called what its sender says, if that may stand in a log; else something new."""

import pytest

from web.middleware.access_log import RequestIds
from web.middleware.request_id import find_request_id

TRACE = "0af7651916cd43dd8448eb211c80319c"


def named(**headers: str) -> str:
    names = {"x_request_id": b"x-request-id", "traceparent": b"traceparent"}
    said = [(names[name], value.encode("latin-1")) for name, value in headers.items()]
    return RequestIds().make(find_request_id([(b"host", b"line.example.com"), *said]))


@pytest.mark.parametrize(
    "given", ["a" * 8, "a" * 64, "7f3c1e02-9a41-4c37-8d1b-0e6a3d1f5b77", "Root_1.2-3"]
)
def test_a_request_is_called_as_its_sender_says(given):
    assert named(x_request_id=given) == given


def test_a_trace_gives_its_name_where_there_is_no_other():
    traceparent = f"00-{TRACE}-b7ad6b7169203331-01"

    assert named(traceparent=traceparent) == TRACE
    assert named(traceparent=traceparent, x_request_id="a-request") == "a-request"


@pytest.mark.parametrize(
    "bad",
    [
        "short",
        "a" * 65,
        "two words",
        "new\nline!",
        "<script>",
        "한국어한국어".encode().decode("latin-1"),
        "eyJhbGciOiJIUzI1NiJ9." + "a" * 60,
    ],
)
def test_what_should_not_stand_in_a_log_is_not_taken(bad):
    given = named(x_request_id=bad)

    assert bad not in given
    assert given.isascii()


@pytest.mark.parametrize(
    "bad",
    [
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-b7ad6b7169203331-01",
        f"00-{TRACE}-b7ad6b7169203331",
        "hello",
    ],
)
def test_a_trace_that_is_none_is_not_taken(bad):
    assert TRACE not in named(traceparent=bad)


def test_no_two_requests_are_called_the_same_whichever_process_has_them():
    one, other = RequestIds(), RequestIds()

    ids = [each.make(None) for each in (one, other) for _ in range(100)]

    assert len(set(ids)) == 200
    assert len({len(one) for one in ids}) == 1, "or one would be found where another is looked for"
