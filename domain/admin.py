"""Admin: a person who may read the console, or also change things there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["viewer", "operator"]
ROLES: tuple[Role, ...] = get_args(Role)

NAME_LENGTH_MAX = 40
PASSWORD_LENGTH_MIN = 12
# Bounds the time that one login can make the server spend on hashing.
PASSWORD_LENGTH_MAX = 256
_NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._@\-]{{0,{NAME_LENGTH_MAX - 1}}}")


@dataclass(frozen=True, slots=True)
class Admin:
    """A viewer reads everything; an operator also changes it. Raises ValueError."""

    name: str
    role: Role

    def __post_init__(self) -> None:
        if _NAME.fullmatch(self.name) is None:
            raise ValueError(
                f"name must be 1 to {NAME_LENGTH_MAX} of A-Z a-z 0-9 . _ @ -, beginning with a "
                "letter or digit"
            )
        if self.role not in ROLES:
            raise ValueError(f'role must be one of {", ".join(ROLES)}, got "{self.role}"')

    @property
    def may_change(self) -> bool:
        return self.role == "operator"


def check_password(password: str) -> None:
    """Raises ValueError if the password is too short or too long."""
    if len(password) < PASSWORD_LENGTH_MIN:
        raise ValueError(f"password must be at least {PASSWORD_LENGTH_MIN} characters")
    if len(password) > PASSWORD_LENGTH_MAX:
        raise ValueError(f"password must be at most {PASSWORD_LENGTH_MAX} characters")
