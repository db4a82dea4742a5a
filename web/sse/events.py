"""EventWriter: writes a member's status as the bytes of server-sent events."""

from __future__ import annotations

from typing import Protocol

from waitroom.member_status import MemberStatus


class EventWriter(Protocol):
    """Writes the messages of one stream, or of many that differ only in their member.

    Called on the event loop thousands of times a second, so it must not block. Statuses of one
    batch share the same `standing.facts` object, so what depends on the room only can be cached.

    repeats: whether to send an unchanged place again after a while, as for a page that shows its
    last update. arrival_us: of the member's last known place or ticket, 0 where unknown; it
    restores a place that the line has lost.
    """

    arrival_us: int

    @property
    def repeats(self) -> bool: ...

    def message(self, standing: MemberStatus, member_id: str) -> bytes:
        """The member's place. Raises Problem not_in_line where it can't show one: before a stream
        begins that is the answer, later it ends the stream.
        """
        ...

    def unreachable(self, member_id: str) -> bytes | None:
        """The message sent once while the line is unreachable; None for none."""
        ...

    def signed_out(self) -> bytes | None:
        """The last message where the session has ended; None for none."""
        ...


def event(text: str, *, read_us: int | None = None) -> bytes:
    """One `place` event. Its id is the time of the read in ms, which shows its age."""
    lines = "".join(f"data: {line}\n" for line in text.split("\n"))
    identity = f"id: {read_us // 1_000}\n" if read_us is not None else ""
    return f"{identity}event: place\n{lines}\n".encode()
