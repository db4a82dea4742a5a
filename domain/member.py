"""Member: who asks for a coupon."""

from __future__ import annotations

import re
from dataclasses import dataclass

MEMBER_ID_LENGTH_MAX = 64
_MEMBER_ID = re.compile(rf"[A-Za-z0-9._:@\-]{{1,{MEMBER_ID_LENGTH_MAX}}}")


def is_member_id(text: str) -> bool:
    """Whether `text` can be a member's id: 1 to 64 of `A-Z a-z 0-9 . _ : @ -`."""
    return _MEMBER_ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody the shop knows by `id`."""

    id: str

    def __post_init__(self) -> None:
        if not is_member_id(self.id):
            raise ValueError(
                f"a member id is 1 to {MEMBER_ID_LENGTH_MAX} of A-Z a-z 0-9 . _ : @ -, "
                f"got {self.id[:80]!r}"
            )
