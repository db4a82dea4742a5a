"""JsonEvents: writes the API's places as events."""

from __future__ import annotations

from domain.draw import NUMBERS
from waitroom.member_status import MemberStatus
from waitroom.tokens.ticket import Ticket, TicketSigner
from web.place_response import make_place, place_json


class JsonEvents:
    """The writer of one stream. Caches its ticket, which rarely changes and is slow to sign."""

    repeats = False

    __slots__ = ("_room", "_ticket", "_tickets", "arrival_us")

    def __init__(self, room: str, tickets: TicketSigner, arrival_us: int = 0) -> None:
        self._room = room
        self._tickets = tickets
        self.arrival_us = arrival_us
        self._ticket = ""

    def message(self, standing: MemberStatus, member_id: str) -> bytes:
        place = make_place(standing, room=self._room, member_id=member_id, tickets=self)
        self.arrival_us = standing.arrival_us or self.arrival_us
        read_ms = standing.facts.now_us // 1_000
        return b"id: %d\nevent: place\ndata: %b\n\n" % (read_ms, place_json(place))

    def sign(self, ticket: Ticket) -> str:
        """The cached ticket; a draw's ticket holds its time of signing, so it is signed anew."""
        is_same = ticket.arrival_us == self.arrival_us and ticket.arrival_us >= NUMBERS
        if not (is_same and self._ticket):
            self._ticket = self._tickets.sign(ticket)
        return self._ticket

    def unreachable(self, _member_id: str) -> None:
        """None: an API client keeps its last place until the next event."""
        return

    def signed_out(self) -> None:
        """None: an API client gets the error when it reconnects."""
        return
