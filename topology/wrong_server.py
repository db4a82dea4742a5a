"""Recognises answers that come from a Redis which is not, or no longer, the primary."""

from __future__ import annotations

import re

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

# READONLY, MASTERDOWN: a replica. LOADING: a server that just started. NOREPLICAS: a primary that
# is cut off from its replicas. UNBLOCKED: a primary demoted during a blocking command.
CODES = ("READONLY", "MASTERDOWN", "LOADING", "NOREPLICAS", "UNBLOCKED")
# Before Redis 7 an error inside a script is `Error running script (...): ...: -READONLY ...`.
_TEXT = re.compile(rf"(?:Error running script .*?-)?(?:{'|'.join(CODES)})\b", re.DOTALL)


class WrongServer(RedisConnectionError):
    """Another server is the primary now. The command changed nothing; connect again."""


def is_wrong_server(error: ResponseError) -> bool:
    """Whether this answer says that another server is the primary."""
    return error.status_code in CODES or _TEXT.match(str(error)) is not None
