"""Types and checks that several settings share: secrets, URLs, the number of workers."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

SECRET_BYTES_MIN = 32
HOW_TO_MAKE_ONE = "make one with `python3 -c 'import secrets; print(secrets.token_urlsafe(32))'`"


def split_list(text: object) -> object:
    return tuple(part.strip() for part in text.split(",")) if isinstance(text, str) else text


Secrets = Annotated[tuple[str, ...], BeforeValidator(split_list)]
WorkerCount = Annotated[
    int,
    Field(
        ge=1,
        le=64,
        description="worker processes, each with one Postgres connection. `worker` starts this "
        "many; `web` adds them to the connection bound that it shows",
    ),
]
