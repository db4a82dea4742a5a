"""Batcher: gathers the calls of one event-loop turn into one round trip."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from waitroom.errors import LineBusy

Ask = TypeVar("Ask")
Answer = TypeVar("Answer")


class Batcher(Generic[Ask, Answer]):
    """Answers many callers with one call of `flush`, which gets their asks in order.

    One batch is under way at a time: while it is, the next one gathers. That bounds both the
    work at the server and the time to the last caller. Raises LineBusy where `pending_max` wait.
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
            # Who went away meanwhile (a closed tab) has cancelled their future.
            if not future.done():
                future.set_result(answer)
