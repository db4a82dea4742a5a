"""EndedSessions: one process' copy of the sessions that ended."""

from __future__ import annotations

from waitroom.member_sessions import EndedSince, MemberSessions


class EndedSessions:
    """A copy of Redis' data, updated from a cursor.

    age_max_s: a session's longest life; older ends are deleted, as their sessions have expired.
    """

    def __init__(self, age_max_s: int) -> None:
        self._age_max_us = age_max_s * 1_000_000
        self._ended: dict[str, int] = {}  # the oldest first
        self._floor_us = 0
        self._cursor_us = 0

    def __len__(self) -> int:
        return len(self._ended)

    def covers(self, member_id: str, signed_in_us: int) -> bool:
        """Whether a session of this member that began then has ended."""
        return signed_in_us <= self._ended.get(member_id, self._floor_us)

    def note(self, member_id: str, at_us: int) -> None:
        """Note that a member's sessions have ended."""
        self._ended[member_id] = max(at_us, self._ended.pop(member_id, 0))

    async def refresh(self, store: MemberSessions) -> bool:
        """Read new ends; returns whether there were any. Writes back ends that Redis has lost.

        Raises LineAway, and then keeps the copy.
        """
        floor_us, is_news, has_more = self._floor_us, False, True
        while has_more:
            found = await store.ended_since(self._cursor_us)
            self._forget_until(max(found.now_us - self._age_max_us, found.floor_us))
            # Only members who have ended their sessions again may be missing before the cursor.
            again = sum(member in self._ended for member in found.ended)
            if found.known < len(self._ended) - again:
                await store.restore(self._ended)
            self._take(found)
            has_more, is_news = found.has_more, is_news or bool(found.ended)
        return is_news or self._floor_us != floor_us

    def _take(self, found: EndedSince) -> None:
        for member_id, at_us in found.ended.items():
            self.note(member_id, at_us)
            self._cursor_us = max(self._cursor_us, at_us)
        self._floor_us = max(self._floor_us, found.floor_us)

    def _forget_until(self, over_us: int) -> None:
        while self._ended:
            member_id = next(iter(self._ended))
            if self._ended[member_id] > over_us:
                return
            del self._ended[member_id]
