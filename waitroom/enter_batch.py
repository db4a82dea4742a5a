"""A batch takes places; who comes into a lobby that draws, by their own number."""

from __future__ import annotations

from collections.abc import Sequence

from domain.draw import draw_number
from waitroom.member_status import MemberStatus, parse_statuses
from waitroom.redis_io.keys import Keys
from waitroom.redis_io.script_call import ScriptCall
from waitroom.redis_io.unavailable import translate_redis_errors
from waitroom.request_ids import MemberRequestIds
from waitroom.tokens.challenge import Solution

_AND = "\t"


class EnterBatch:
    """Raises NoSuchRoom; LineAway where Redis does not answer."""

    def __init__(self, enter: ScriptCall, origins: MemberRequestIds) -> None:
        self._enter = enter
        self._origins = origins

    async def __call__(self, code: str, entrants: Sequence[str]) -> list[MemberStatus]:
        """Where each of them stands now, in their order; as `entrant` writes them."""
        if not any(_AND in one for one in entrants):
            return await self._all(code, entrants, ())
        asks = [one.split(_AND, 2) for one in entrants]
        members = [ask[0] for ask in asks]
        solutions = [ask[2] if len(ask) > 2 else "" for ask in asks]
        origins = [ask[1] if len(ask) > 1 else "" for ask in asks]
        if not any(origins):
            return await self._all(code, members, solutions)
        # First the origins: an admitter that comes at once must find them. Of two clicks in one
        # call the first counts.
        known = dict(zip(members[::-1], origins[::-1], strict=True))
        await self._origins.keep(code, {who: origin for who, origin in known.items() if origin})
        standings = await self._all(code, members, solutions)
        gone = [
            who
            for who, standing in zip(members, standings, strict=True)
            if standing.kind not in ("waiting", "admitted")
        ]
        await self._origins.forget(code, gone)
        return standings

    async def _all(
        self, code: str, members: Sequence[str], solutions: Sequence[str]
    ) -> list[MemberStatus]:
        standings = await self._once(code, members, solutions, [])
        undrawn = [i for i, one in enumerate(standings) if one.kind == "undrawn"]
        if undrawn:
            # Redis has no HMAC: who came into a lobby that draws enters again, with their number.
            seed = bytes.fromhex(standings[undrawn[0]].text)
            drawing = [members[i] for i in undrawn]
            numbers = [str(draw_number(seed, member)) for member in drawing]
            solved = [solutions[i] for i in undrawn] if solutions else ()
            again = await self._once(code, drawing, solved, numbers)
            for i, standing in zip(undrawn, again, strict=True):
                standings[i] = standing
        return standings

    async def _once(
        self, code: str, members: Sequence[str], solutions: Sequence[str], numbers: Sequence[str]
    ) -> list[MemberStatus]:
        solved = solutions if any(solutions) else ()
        arguments = [str(len(members)), str(len(solved)), *members, *solved, *numbers]
        with translate_redis_errors():
            return parse_statuses(await self._enter(Keys(code).for_enter(), arguments))


def entrant(member_id: str, origin: str = "", solved: Solution | None = None) -> str:
    """Who enters, by which request, with which solution; most say their id alone.

    None of them has a tab in it.
    """
    if solved is not None:
        return _AND.join((member_id, origin, f"{solved.name} {solved.expires_at_s}"))
    return f"{member_id}{_AND}{origin}" if origin else member_id
