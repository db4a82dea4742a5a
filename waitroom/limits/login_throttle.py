"""LoginThrottle: limits admins' sign-in attempts by name and by address, with doubling waits.

An attempt counts before its result is known, so that parallel attempts count like sequential ones.
"""

from __future__ import annotations

import hashlib

from redis.asyncio import Redis

from waitroom.limits.ip_prefix import ip_prefix
from waitroom.redis_io.script_call import translate_redis_errors
from waitroom.redis_io.scripts import script

FREE = 10
FIRST_WAIT_S = 5
# Anyone who knows a name can make its owner wait, so the wait for a name stays short.
LONGEST_OF_NAME_S = 60
LONGEST_FROM_ADDRESS_S = 900
KEPT_S = 3_600


class LoginThrottle:
    """Every method raises LineAway where Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._attempt = redis.register_script(script("start_attempt"))

    async def start_attempt(self, name: str, address: str) -> int:
        """Count an attempt and return 0, or return the seconds to wait first."""
        limits = [FREE, FIRST_WAIT_S, KEPT_S, LONGEST_OF_NAME_S, LONGEST_FROM_ADDRESS_S]
        with translate_redis_errors():
            return int(
                await self._attempt(keys=[_name_key(name), _address_key(address)], args=limits)
            )

    async def reset(self, name: str, address: str) -> None:
        """After a right password: forget the name's attempts, and this one of the address.

        The address keeps its other attempts, which may be for other names.
        """
        with translate_redis_errors():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.delete(_name_key(name))
                pipe.hincrby(_address_key(address), "count", -1)
                pipe.hdel(_address_key(address), "until")
                pipe.expire(_address_key(address), KEPT_S)
                await pipe.execute()


# One tag, so one cluster slot. It has a space, so it is no room's code.
def _name_key(name: str) -> str:
    return f"waitroom:{{sign in}}:name:{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def _address_key(address: str) -> str:
    try:
        who = ip_prefix(address)
    except ValueError:
        who = hashlib.sha256(address.encode()).hexdigest()[:32]
    return f"waitroom:{{sign in}}:from:{who}"
