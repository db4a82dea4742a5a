"""Places as the API's calls give them, each as an event."""

from __future__ import annotations

from waitroom.member_status import MemberStatus
from waitroom.tokens.ticket import Ticket, TicketSigner
from web.place_response import is_plain_waiting, make_place, waiting_json


class JsonEvents:
    """Of one stream: it keeps the ticket, which is the same each time and dear to sign.

    Whoever waits is written by hand: nearly everybody who follows does.
    """

    repeats = False

    __slots__ = ("_room", "_ticket", "_tickets", "arrival_us")

    def __init__(self, room: str, tickets: TicketSigner, arrival_us: int = 0) -> None:
        self._room = room
        self._tickets = tickets
        self.arrival_us = arrival_us
        self._ticket = ""

    def message(self, standing: MemberStatus, member_id: str) -> bytes:
        if is_plain_waiting(standing):
            if standing.arrival_us != self.arrival_us or not self._ticket:
                self.arrival_us = standing.arrival_us
                self._ticket = self._tickets.sign(
                    Ticket(self._room, member_id, standing.arrival_us)
                )
            text = waiting_json(standing, self._room, self._ticket)
        else:
            self.arrival_us, self._ticket = standing.arrival_us or self.arrival_us, ""
            text = make_place(
                standing, room=self._room, member_id=member_id, tickets=self._tickets
            ).model_dump_json()
        read_ms = standing.facts.now_us // 1_000
        return f"id: {read_ms}\nevent: place\ndata: {text}\n\n".encode()

    def unreachable(self, _member_id: str) -> None:
        """A program keeps the place it has, and is told the next one."""
        return

    def signed_out(self) -> None:
        """A program is told where it comes again."""
        return
