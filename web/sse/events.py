"""What a stream says of a standing, as the bytes of whole events."""

from __future__ import annotations

from typing import Protocol

from waitroom.member_status import MemberStatus


class EventWriter(Protocol):
    """Makes a stream's messages; of one stream, or of many that differ only in who follows.

    Called once for each message, thousands of times a second, on the event loop: nothing here
    waits. Whoever stands in one room and was read in one batch has the same `standing.facts`, the
    same object, so that what depends on the room alone need be made once for all of them.

    retells: whether it is said again after a while though nothing has changed, as by a page that
    shows when it was last updated. arrival_us: of where they stood, as they were told last or their
    ticket says, 0 where that isn't known: a line that has lost them gives it back.
    """

    arrival_us: int

    @property
    def repeats(self) -> bool: ...

    def message(self, standing: MemberStatus, member_id: str) -> bytes:
        """Where they stand. Raises Problem not_in_line where there is nothing to tell of it:
        before a stream begins it is the answer, later the stream ends without a word.
        """
        ...

    def unreachable(self, member_id: str) -> bytes | None:
        """What is said once when the line is away; None to say nothing."""
        ...

    def signed_out(self) -> bytes | None:
        """What is said last where the reader's session has ended; None to end without a word."""
        ...


def event(text: str, *, read_us: int | None = None) -> bytes:
    """One event `place`. Its id is the time in ms at which Redis was asked: how old it is."""
    lines = "".join(f"data: {line}\n" for line in text.split("\n"))
    identity = f"id: {read_us // 1_000}\n" if read_us is not None else ""
    return f"{identity}event: place\n{lines}\n".encode()
