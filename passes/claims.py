"""PassClaims: what a pass says about a visit (RFC 7519)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PassClaims:
    """The claims of a pass, under the names that they have in it. Times: seconds since 1970.

    iss: who issued it, BASE_URL. aud: the room's code. sub: the member's id. sid: the visit's id.
    exp: never later than the visit's end.
    """

    iss: str
    aud: str
    sub: str
    sid: str
    iat: int
    nbf: int
    exp: int

    def to_dict(self) -> dict[str, str | int]:
        return {name: getattr(self, name) for name in CLAIM_NAMES}

    @classmethod
    def from_dict(cls, found: Mapping[str, object]) -> PassClaims | None:
        """None where a claim is missing or has another type; further claims are ignored."""
        texts = [found.get(name) for name in _TEXTS]
        times = [found.get(name) for name in _TIMES]
        # `type`, as JSON's true is an int in Python.
        if not all(type(one) is str for one in texts) or not all(type(one) is int for one in times):
            return None
        return cls(*texts, *times)  # type: ignore[arg-type]  # checked above


CLAIM_NAMES = tuple(PassClaims.__dataclass_fields__)
_TEXTS, _TIMES = CLAIM_NAMES[:4], CLAIM_NAMES[4:]
