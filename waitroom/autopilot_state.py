"""AutopilotState: reads the autopilot's rooms from Redis and applies its decisions there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from redis.asyncio import Redis

from waitroom.autopilot import STALE_AFTER_S, Batch, Bounds, Decision, RateController
from waitroom.redis_io.keys import Keys
from waitroom.redis_io.script_call import translate_redis_errors
from waitroom.redis_io.scripts import script

# The least time between two steps, however many admitters run.
STEP_S_MIN = 0.4


@dataclass(frozen=True, slots=True)
class AutopilotRoom:
    """A room on autopilot at one moment: its state, and its workers' last reports."""

    code: str
    step: int
    pilot: RateController
    bounds: Bounds
    is_begun: bool
    batches: Sequence[Batch]
    now_s: float

    @property
    def is_due(self) -> bool:
        """Whether the last step is old enough for another, or Redis' clock was set meanwhile."""
        return not self.is_begun or abs(self.now_s - self.pilot.at_s) >= STEP_S_MIN


class AutopilotState:
    """Raises LineAway where Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._steer = redis.register_script(script("apply_decision"))

    async def on_autopilot(self, codes: Sequence[str]) -> list[str]:
        """Those of these rooms whose rate control is the autopilot."""
        with translate_redis_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                for code in codes:
                    pipe.hget(Keys(code).room, "rate_mode")
                modes = await pipe.execute()
        return [code for code, mode in zip(codes, modes, strict=True) if mode == b"autopilot"]

    async def read_room(self, code: str) -> AutopilotRoom:
        """The room now. Its batches are those of the last seconds, and some before."""
        k = Keys(code)
        with translate_redis_errors():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.time()
                pipe.hmget(
                    k.room, "rate_per_s", "rate_min_per_s", "rate_max_per_s", "latency_bound_ms"
                )
                pipe.hmget(k.rate_controller, "step", "state")
                pipe.lrange(k.reports, 0, -1)
                (seconds, us), settings, (step, state), reports = await pipe.execute()
        now_s = seconds + us / 1_000_000
        rate, least, most, latency = (float(value) for value in settings)
        bounds = Bounds(least, most, latency)
        pilot = RateController(**json.loads(state)) if state else None
        # After a while under manual control the autopilot starts from the manual rate.
        is_begun = pilot is not None and now_s - pilot.at_s < STALE_AFTER_S
        return AutopilotRoom(
            code=code,
            step=int(step or 0),
            pilot=(
                pilot.follow_clock(now_s)
                if pilot and is_begun
                else RateController.begin(rate, bounds, now_s)
            ),
            bounds=bounds,
            is_begun=is_begun,
            batches=[_batch(report) for report in reports],
            now_s=now_s,
        )

    async def apply_decision(
        self, watched: AutopilotRoom, pilot: RateController, decision: Decision
    ) -> bool:
        """Apply the decision; False where another admitter has taken this step.

        A repeated `unused` is not kept: a quiet hour must not push out a busy minute's decisions.
        """
        k = Keys(watched.code)
        is_news = not (decision.reason == watched.pilot.reason == "unused")
        with translate_redis_errors():
            taken = await self._steer(
                keys=k.for_script("apply_decision"),
                args=[
                    watched.step,
                    int(STEP_S_MIN * 1_000_000),
                    repr(pilot.rate_per_s),
                    json.dumps(asdict(pilot)),
                    json.dumps(decision.as_record()) if is_news else "",
                ],
            )
        return bool(taken)

    async def decisions(self, code: str, *, at_most: int) -> list[Decision]:
        """The last decisions, the oldest first."""
        with translate_redis_errors():
            kept: list[Any] = await self._redis.lrange(Keys(code).decisions, 0, at_most - 1)
        return [Decision(**json.loads(one)) for one in reversed(kept)]


def _batch(report: bytes) -> Batch:
    told_us, took_ms, members = report.split()
    return Batch(int(told_us) / 1_000_000, float(took_ms), int(members))
