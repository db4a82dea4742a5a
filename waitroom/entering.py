"""Entering: a batch takes places; who comes into a lobby that draws, by their own number."""

from __future__ import annotations

from collections.abc import Sequence

from domain.draw import number_of
from waitroom.away import away_is_said
from waitroom.call import Call
from waitroom.keys import Keys
from waitroom.origins import Origins
from waitroom.standing import Standing, standings_in


class Entering:
    """Raises NoSuchRoom; LineAway where Redis does not answer."""

    def __init__(self, enter: Call, origins: Origins) -> None:
        self._enter = enter
        self._origins = origins

    async def __call__(self, code: str, asks: Sequence[str]) -> list[Standing]:
        """Where each of them stands now, in their order. An ask is `ask_to_enter`'s."""
        if any(" " in ask for ask in asks):
            return await self._and_keep_origins(code, asks)
        return await self._all(code, asks)

    async def _and_keep_origins(self, code: str, asks: Sequence[str]) -> list[Standing]:
        """First the origins: an admitter that comes at once must find them."""
        pairs = [(member, origin) for member, _, origin in (ask.partition(" ") for ask in asks)]
        members = [member for member, _ in pairs]
        # Of two clicks in one call the first counts.
        await self._origins.keep(code, {who: origin for who, origin in reversed(pairs) if origin})
        standings = await self._all(code, members)
        known = zip(members, standings, strict=True)
        gone = [who for who, standing in known if standing.kind not in ("waiting", "admitted")]
        await self._origins.forget(code, gone)
        return standings

    async def _all(self, code: str, members: Sequence[str]) -> list[Standing]:
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


def ask_to_enter(member_id: str, origin: str) -> str:
    """A member, and by which request they come; no member's id has a blank in it."""
    return f"{member_id} {origin}"
