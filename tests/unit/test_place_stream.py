"""A followed stream gives the fragments of its places, and nothing else."""

from load.locust_users.place_stream import read_places


def test_only_places_are_read_and_their_lines_are_joined():
    stream = (
        b"retry: 3000\n\nid: 1\nevent: place\ndata: <p>\ndata:   3\r\n\n: a comment\n"
        b"event: beat\ndata: x\n\nevent: place\ndata: 2\n\nevent: place\ndata: cut off"
    )

    assert list(read_places(iter(stream.splitlines(keepends=True)))) == ["<p>\n  3", "2"]


def test_a_stream_that_breaks_off_ends():
    def broken():
        yield b"event: place\ndata"
        raise TimeoutError

    assert list(read_places(broken())) == []
