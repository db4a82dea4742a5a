"""Entering: a batch takes places; who comes into a lobby that draws, by their own number."""

from __future__ import annotations

from collections.abc import Sequence

from domain.draw import number_of
from waitroom.away import away_is_said
from waitroom.call import Call
from waitroom.keys import Keys
from waitroom.standing import Standing, standings_in


class Entering:
    """Raises NoSuchRoom; LineAway where Redis does not answer."""

    def __init__(self, enter: Call) -> None:
        self._enter = enter

    async def __call__(self, code: str, members: Sequence[str]) -> list[Standing]:
        """Where each of them stands now, in their order."""
        standings = await self._once(code, members, [])
        undrawn = [i for i, one in enumerate(standings) if one.kind == "undrawn"]
        if undrawn:
            # Redis has no HMAC: who came into a lobby that draws enters again, with their number.
            seed = bytes.fromhex(standings[undrawn[0]].text)
            drawing = [members[i] for i in undrawn]
            numbers = [str(number_of(seed, member)) for member in drawing]
            again = await self._once(code, drawing, numbers)
            for i, standing in zip(undrawn, again, strict=True):
                standings[i] = standing
        return standings

    async def _once(
        self, code: str, members: Sequence[str], numbers: Sequence[str]
    ) -> list[Standing]:
        arguments = [str(len(members)), *members, *numbers]
        with away_is_said():
            return standings_in(await self._enter(Keys(code).of_entering(), arguments))
