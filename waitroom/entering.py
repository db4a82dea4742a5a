"""Entering: a batch takes places; who comes into a lobby that draws, by their own number."""

from __future__ import annotations

from collections.abc import Sequence

from domain.draw import number_of
from waitroom.away import away_is_said
from waitroom.call import Call
from waitroom.challenge import Solved
from waitroom.keys import Keys
from waitroom.standing import Standing, standings_in


class Entering:
    """Raises NoSuchRoom; LineAway where Redis does not answer."""

    def __init__(self, enter: Call) -> None:
        self._enter = enter

    async def __call__(self, code: str, entrants: Sequence[str]) -> list[Standing]:
        """Where each of them stands now, in their order; as `entrant` writes them."""
        standings = await self._once(code, entrants, [])
        undrawn = [i for i, one in enumerate(standings) if one.kind == "undrawn"]
        if undrawn:
            # Redis has no HMAC: who came into a lobby that draws enters again, with their number.
            seed = bytes.fromhex(standings[undrawn[0]].text)
            drawing = [entrants[i] for i in undrawn]
            numbers = [str(number_of(seed, one.partition(" ")[0])) for one in drawing]
            again = await self._once(code, drawing, numbers)
            for i, standing in zip(undrawn, again, strict=True):
                standings[i] = standing
        return standings

    async def _once(
        self, code: str, entrants: Sequence[str], numbers: Sequence[str]
    ) -> list[Standing]:
        members = [one.partition(" ")[0] for one in entrants]
        solutions = [one.partition(" ")[2] for one in entrants]
        arguments = [str(len(members)), *members, *solutions, *numbers]
        with away_is_said():
            return standings_in(await self._enter(Keys(code).of_entering(), arguments))


def entrant(member_id: str, solved: Solved | None) -> str:
    """Who enters, with the solution they have, if any: a member's id has no space."""
    return member_id if solved is None else f"{member_id} {solved.name} {solved.expires_at_s}"
