"""How often somebody tried to sign in, and how long they wait before the next try.

Counted for the name and for the address; who tries on waits twice as long each time. An attempt
counts before it is known to fail, so that many at once are as many as one after the other.
"""

from __future__ import annotations

import hashlib

from redis.asyncio import Redis

from waitroom.limits.ip_prefix import ip_prefix
from waitroom.redis_io.script_call import translate_redis_errors
from waitroom.redis_io.scripts import script

FREE = 10
FIRST_WAIT_S = 5
# Whoever knows a name can keep its owner waiting: so for a name it is never long.
LONGEST_OF_NAME_S = 60
LONGEST_FROM_ADDRESS_S = 900
KEPT_S = 3_600


class LoginThrottle:
    """Every method raises LineAway where Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._attempt = redis.register_script(script("start_attempt"))

    async def start_attempt(self, name: str, address: str) -> int:
        """0 where they may try, which is counted; else the seconds to wait."""
        limits = [FREE, FIRST_WAIT_S, KEPT_S, LONGEST_OF_NAME_S, LONGEST_FROM_ADDRESS_S]
        with translate_redis_errors():
            return int(
                await self._attempt(keys=[_name_key(name), _address_key(address)], args=limits)
            )

    async def reset(self, name: str, address: str) -> None:
        """It was the right password: nothing was wrong with this name. The address, from which
        others may try other names, keeps what it had but for this one.
        """
        with translate_redis_errors():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.delete(_name_key(name))
                pipe.hincrby(_address_key(address), "count", -1)
                pipe.hdel(_address_key(address), "until")
                pipe.expire(_address_key(address), KEPT_S)
                await pipe.execute()


# In one slot of a cluster. The tag is no room's: a code has no space.
def _name_key(name: str) -> str:
    return f"waitroom:{{sign in}}:name:{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def _address_key(address: str) -> str:
    try:
        who = ip_prefix(address)
    except ValueError:
        who = hashlib.sha256(address.encode()).hexdigest()[:32]
    return f"waitroom:{{sign in}}:from:{who}"
