"""Batcher: sends the calls of one event-loop turn in one round trip; EnterBatch uses it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from domain.draw import draw_number
from waitroom.errors import LineBusy
from waitroom.member_status import MemberStatus, parse_statuses
from waitroom.redis_io.acknowledged import AcknowledgedEnter
from waitroom.redis_io.keys import Keys
from waitroom.redis_io.script_call import ScriptCall, translate_redis_errors
from waitroom.request_ids import MemberRequestIds
from waitroom.tokens.challenge import Solution

_AND = "\t"
Ask = TypeVar("Ask")
Answer = TypeVar("Answer")


class Batcher(Generic[Ask, Answer]):
    """Answers many callers with one call of `flush`, which gets their asks in order.

    Runs one batch at a time while the next one fills. That bounds the server's work and the time to
    the last answer. Raises LineBusy where `pending_max` callers wait.
    """

    def __init__(
        self,
        flush: Callable[[Sequence[Ask]], Awaitable[Sequence[Answer]]],
        *,
        batch_max: int = 500,
        pending_max: int = 20_000,
    ) -> None:
        self._flush = flush
        self._batch_max = batch_max
        self._pending_max = pending_max
        self._pending: list[tuple[Ask, asyncio.Future[Answer]]] = []
        self._task: asyncio.Task[None] | None = None

    async def submit(self, ask: Ask) -> Answer:
        if len(self._pending) >= self._pending_max:
            raise LineBusy
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._pending.append((ask, future))
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        try:
            while self._pending:
                batch = self._pending[: self._batch_max]
                del self._pending[: self._batch_max]
                await self._answer(batch)
        finally:
            self._task = None

    async def _answer(self, batch: list[tuple[Ask, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._flush([ask for ask, _ in batch])
            assert len(answers) == len(batch), f"{len(answers)} answers to {len(batch)}"
        except asyncio.CancelledError:
            for _, future in batch:
                future.cancel()
            raise
        except Exception as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            # A caller who disconnected meanwhile has cancelled the future.
            if not future.done():
                future.set_result(answer)


class RoomBatchers(Generic[Ask, Answer]):
    """One Batcher for each room. flush: takes the room's code before the asks."""

    def __init__(self, flush: Callable[[str, Sequence[Ask]], Awaitable[Sequence[Answer]]]) -> None:
        self._flush = flush
        # Requests may name rooms that don't exist: a batcher lives only while a caller waits in it.
        self._batchers: WeakValueDictionary[str, Batcher[Ask, Answer]] = WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._batchers)

    def batcher(self, code: str) -> Batcher[Ask, Answer]:
        found = self._batchers.get(code)
        if found is None:
            found = self._batchers[code] = Batcher(partial(self._flush, code))
        return found


class EnterBatch:
    """Gives each member of a batch a place; before a draw, by the member's number.

    Raises NoSuchRoom; LineAway where Redis does not answer.
    """

    def __init__(self, enter: ScriptCall | AcknowledgedEnter, origins: MemberRequestIds) -> None:
        self._enter = enter
        self._is_waited_for = "1" if isinstance(enter, AcknowledgedEnter) else "0"
        self._origins = origins

    async def __call__(self, code: str, entrants: Sequence[str]) -> list[MemberStatus]:
        """The status of each, in their order. entrants: as `entrant` writes them."""
        if not any(_AND in one for one in entrants):
            return await self._all(code, entrants, ())
        asks = [one.split(_AND, 2) for one in entrants]
        members = [ask[0] for ask in asks]
        solutions = [ask[2] if len(ask) > 2 else "" for ask in asks]
        origins = [ask[1] if len(ask) > 1 else "" for ask in asks]
        if not any(origins):
            return await self._all(code, members, solutions)
        # Request ids first: an admitter may read them right after the entry. Of two clicks in one
        # batch the first counts.
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
            # Redis has no HMAC: entrants of a drawing lobby enter again with their number.
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
        counts = (str(len(members)), str(len(solved)), self._is_waited_for)
        arguments = [*counts, *members, *solved, *numbers]
        with translate_redis_errors():
            return parse_statuses(await self._enter(Keys(code).for_script("enter"), arguments))


def entrant(member_id: str, origin: str = "", solved: Solution | None = None) -> str:
    """Write one entrant: the member id, then the request's id and the solution if there are any.

    None of them contains a tab.
    """
    if solved is not None:
        return _AND.join((member_id, origin, f"{solved.name} {solved.expires_at_s}"))
    return f"{member_id}{_AND}{origin}" if origin else member_id
