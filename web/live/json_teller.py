"""JSON: places as the API's calls give them, each as an event."""

from __future__ import annotations

from waitroom.standing import Standing
from waitroom.ticket import Ticket, TicketOffice
from web.answers import place_of
from web.live.teller import event
from web.raw_answers import plainly_waits, waiting_json


class JsonTeller:
    """Of one room. Whoever waits is written by hand: nearly everybody who follows does."""

    def __init__(self, room: str, tickets: TicketOffice) -> None:
        self._room = room
        self._tickets = tickets

    def message(self, standing: Standing, member_id: str) -> bytes:
        room, tickets = self._room, self._tickets
        if plainly_waits(standing):
            ticket = tickets.sign(Ticket(room, member_id, standing.arrival_us))
            text = waiting_json(standing, room, ticket)
        else:
            place = place_of(standing, room=room, member_id=member_id, tickets=tickets)
            text = place.model_dump_json()
        return event(text, read_us=standing.facts.now_us)

    def unreachable(self, _member_id: str) -> None:
        """A program keeps the place it has, and is told the next one."""
        return
