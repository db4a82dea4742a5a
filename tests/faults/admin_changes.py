"""Admin changes: makes a plan's changes through the admin API, and records the answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from tests.faults.openings import AdminChange, ChangeKind
from tests.house import House
from waitroom.redis_io.keys import Keys

# Postgres or all web processes may be down for some seconds: retry until then.
ANSWERED_WITHIN_S = 60.0
NO_ANSWER = "no answer in time"
TRY_AGAIN_S = 0.3
LOOK_EVERY_S = 0.05
# "less stock" never goes below it, so that a run issues enough coupons to judge.
STOCK_MIN = 100
# The API's refusal once issuing has started or the lobby is drawn.
TOO_LATE = "already_started"
STATES: Mapping[ChangeKind, str] = {
    "close": "closed",
    "pause": "paused",
    "drain": "draining",
    "open": "open",
}
FIELDS: Mapping[ChangeKind, str] = {
    "put off": "opens_at",
    "bring forward": "opens_at",
    "end early": "expire_date",
    "put the end off": "expire_date",
    "more stock": "total_count",
    "less stock": "total_count",
    **dict.fromkeys(STATES, "state"),
}


@dataclass(frozen=True, slots=True)
class MadeChange:
    """A change, requested at asked_s and in force in the API and in the line at over_s.

    Times are seconds after the crowd set out, also of an opening or an end. field, value: as sent;
    before: the field's value before. problem: the type of the problem that refused it, or ''.
    """

    kind: ChangeKind
    field: str
    value: Any
    before: Any
    asked_s: float
    over_s: float
    problem: str = ""

    @property
    def is_made(self) -> bool:
        return not self.problem

    def reopens_after(self, refused: str) -> bool:
        """Whether members who were refused so may get coupons again after this change."""
        if not self.is_made:
            return False
        if refused == "sold_out":
            return self.kind == "more stock"
        return self.kind == "put the end off" or (self.kind == "open" and self.before == "closed")

    def __str__(self) -> str:
        became = f"refused: {self.problem}" if self.problem else "in force"
        return (
            f"{self.asked_s:5.1f} s  admin: {self.kind}: {self.field} {self.before} to "
            f"{self.value}  ({became} at {self.over_s:.1f} s)"
        )


class Admin:
    """Changes one room. now_s: seconds after the crowd set out; began: when it set out.

    redis_url: of the server itself, not of the link, which may hang. values: the present values of
    the fields that changes touch.
    """

    def __init__(
        self,
        house: House,
        code: str,
        began: datetime,
        *,
        now_s: Callable[[], float],
        redis_url: Callable[[], str],
        values: dict[str, Any],
    ) -> None:
        self.values = values
        self.made: list[MadeChange] = []
        self._house = house
        self._code = code
        self._began = began
        self._now_s = now_s
        self._redis_url = redis_url

    async def make(self, change: AdminChange) -> MadeChange:
        """Retry until the API refuses the change, or it is in force."""
        asked_s = self._now_s()
        field = FIELDS[change.kind]
        value: Any = None
        problem = NO_ANSWER
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWERED_WITHIN_S):
                value, answer = await self._answered(change, field)
                while not answer and not await self._line_has(field, value):  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_EVERY_S)
                problem = answer
        times_s = (round(asked_s, 2), round(self._now_s(), 2))
        made = MadeChange(change.kind, field, value, self.values.get(field), *times_s, problem)
        if made.is_made:
            self.values[field] = value
        self.made.append(made)
        return made

    async def _answered(self, change: AdminChange, field: str) -> tuple[Any, str]:
        """The value sent last, and the problem that refused it, or ''.

        The value is computed once, so that a retry does not change a count twice.
        """
        value = None
        while True:
            if value is None:
                value = await self._value(change)
            status, problem = await asyncio.to_thread(self._patch, field, value)
            if status < 300 or problem == TOO_LATE:
                return value, problem
            if status == 422:
                value = None  # more were issued meanwhile; compute a new value
            await asyncio.sleep(TRY_AGAIN_S)

    async def _value(self, change: AdminChange) -> Any:
        if change.kind in STATES:
            return STATES[change.kind]
        if change.kind not in ("more stock", "less stock"):
            return change.value
        total, used = await self._stock()
        if change.kind == "less stock":
            return min(total, max(STOCK_MIN, used + int(change.value)))
        return total + int(change.value)

    async def _stock(self) -> tuple[int, int]:
        while True:
            status, coupon = await asyncio.to_thread(self._call, "GET", self._coupon)
            if status == 200:
                return coupon["total_count"], coupon["used_count"]
            await asyncio.sleep(TRY_AGAIN_S)

    def _patch(self, field: str, value: Any) -> tuple[int, str]:
        path = f"/api/admin/rooms/{self._code}" if field == "state" else f"/api/admin{self._short}"
        sent = self.time(value).isoformat() if field in ("opens_at", "expire_date") else value
        status, answer = self._call("PATCH", path, {field: sent})
        return status, "" if status < 300 else str(answer.get("type"))

    async def _line_has(self, field: str, value: Any) -> bool:
        if field in ("opens_at", "expire_date"):
            value = round(self.time(value).timestamp() * 1_000_000)
        name = "closes_at" if field == "expire_date" else field
        return await asyncio.to_thread(self._kept, name) == str(value).encode()

    def _kept(self, name: str) -> bytes | None:
        try:
            with Redis.from_url(self._redis_url(), socket_timeout=1) as redis:
                kept: Any = redis.hget(Keys(self._code).room, name)
        except RedisError:
            return None
        return None if kept is None else bytes(kept)

    def time(self, seconds: float) -> datetime:
        return self._began + timedelta(seconds=seconds)

    def seconds(self, at: datetime) -> float:
        """After the crowd set out."""
        return (at - self._began).total_seconds()

    async def in_force(self) -> dict[str, tuple[Any, Any]]:
        """For each field that was set: the expected value, and the API's."""
        _, coupon = await asyncio.to_thread(self._call, "GET", self._coupon)
        _, room = await asyncio.to_thread(self._call, "GET", f"/api/admin/rooms/{self._code}")
        found = {**coupon, "state": room.get("state")}
        for field in ("opens_at", "expire_date"):
            at = datetime.fromisoformat(found[field]).astimezone(UTC) if field in found else None
            found[field] = at and round(self.seconds(at), 2)
        return {field: (value, found.get(field)) for field, value in self.values.items()}

    @property
    def _short(self) -> str:
        return f"/coupons/{self._code}"

    @property
    def _coupon(self) -> str:
        return f"/api{self._short}"

    def _call(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """As `House.call`, but 503 if there is no answer."""
        try:
            status, answer = self._house.call(method, path, body, token=self._house.admin_token)
        except (OSError, ValueError) as error:
            return 503, {"type": f"no answer ({type(error).__name__})"}
        return status, answer
