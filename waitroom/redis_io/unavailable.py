"""A Redis that does not answer is said in the line's own words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import RedisError

from domain.error_cause import describe_cause
from waitroom.errors import LineAway


@contextmanager
def translate_redis_errors() -> Iterator[None]:
    """Raises LineAway, whose text names the cause, in place of what redis-py raises."""
    try:
        yield
    except RedisError as error:
        raise LineAway(f"the line's Redis: {describe_cause(error)}") from error
    except RuntimeError as error:
        # What uvloop raises, and redis-py lets through, where a connection is cut off between being
        # opened and being written to.
        if not str(error).endswith("the handler is closed"):
            raise
        raise LineAway("the line's Redis: the connection was cut off") from error
