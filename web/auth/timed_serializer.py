"""TimedSerializer: signed texts with the time of signing, as itsdangerous writes them.

itsdangerous itself reads the host's clock, and refuses a text from a host that is a second ahead.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer


class TimedSerializer:
    """Signs with the first of `secrets`, and accepts texts of all.

    now: seconds since 1970.
    """

    def __init__(self, secrets: Sequence[str], *, salt: str, now: Callable[[], float]) -> None:
        class Signer(TimestampSigner):
            def get_timestamp(self) -> int:
                return int(now())

        self._now = now
        self._serializer = URLSafeTimedSerializer(
            list(reversed(secrets)),  # itsdangerous signs with the last of its keys
            salt=salt,
            signer=Signer,
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )

    def dumps(self, fields: Any) -> str:
        """The signed text."""
        text = self._serializer.dumps(fields)
        return text if isinstance(text, str) else text.decode()

    def loads(self, text: str, *, age_max_s: float) -> tuple[Any, int]:
        """The fields, and when they were signed (s since 1970).

        Raises BadData, also where that was longer ago than age_max_s; ValueError. A later time than
        now is valid: the clock of the host that signed is ahead.
        """
        fields, signed_at = self._serializer.loads(text, return_timestamp=True)
        signed_at_s = int(signed_at.timestamp())
        if int(self._now()) - signed_at_s > age_max_s:
            raise BadData("too old")
        return fields, signed_at_s
