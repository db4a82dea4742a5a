"""PassClaims: what a pass says about a visit (RFC 7519)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PassClaims:
    """The claims of a pass, under the names that they have in it. Times: seconds since 1970.

    iss: who issued it, BASE_URL. aud: the room's code. sub: the member's id. sid: the visit's id.
    exp: never later than the visit's end. auth_time: when the visit began, which a renewal does not
    change; None in a pass of the release before, or where the signer was not told.
    """

    iss: str
    aud: str
    sub: str
    sid: str
    iat: int
    nbf: int
    exp: int
    auth_time: int | None = None

    @property
    def began_at(self) -> int:
        """When the visit began, as far as the pass says."""
        return self.iat if self.auth_time is None else min(self.auth_time, self.iat)

    def to_dict(self) -> dict[str, str | int]:
        found = {name: getattr(self, name) for name in CLAIM_NAMES}
        return {name: value for name, value in found.items() if value is not None}

    @classmethod
    def from_dict(cls, found: Mapping[str, object]) -> PassClaims | None:
        """None where a claim is missing or has another type; further claims are ignored."""
        texts = [found.get(name) for name in _TEXTS]
        times = [found.get(name) for name in _TIMES]
        began = found.get("auth_time")
        # `type`, as JSON's true is an int in Python.
        if not all(type(one) is str for one in texts) or not all(type(one) is int for one in times):
            return None
        if began is not None and type(began) is not int:
            return None
        return cls(*texts, *times, began)  # type: ignore[arg-type, call-arg]  # checked above


CLAIM_NAMES = tuple(PassClaims.__dataclass_fields__)
_TEXTS, _TIMES = CLAIM_NAMES[:4], CLAIM_NAMES[4:7]
