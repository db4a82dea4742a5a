"""Each process reads its environment once, here, into a frozen, checked object."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import (
    BaseModel,
    ValidationError,
)


class BadSettings(Exception):
    """The environment does not say what this process needs."""


Settings = TypeVar("Settings", bound=BaseModel)


def read_settings(kind: type[Settings], environ: Mapping[str, str]) -> Settings:
    """`kind` from the environment, each value given as NAME or as a file's path in NAME_FILE.

    Raises BadSettings with a sentence for each value that is missing or wrong.
    """
    values: dict[str, Any] = {}
    for name in kind.model_fields:
        text = _given(name, environ)
        if text is not None:
            values[name] = text
    try:
        return kind(**values)
    except ValidationError as error:
        raise BadSettings("\n".join(_sentence(one, kind) for one in error.errors())) from None


def _given(name: str, environ: Mapping[str, str]) -> str | None:
    if path := environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text("utf-8").strip()
        except OSError as error:
            raise BadSettings(f"{name}_FILE can't be read: {error.strerror}, {path}") from None
        except UnicodeDecodeError:
            raise BadSettings(f"{name}_FILE can't be read: it is not text, {path}") from None
    # An empty value is how compose files and shells say "not set".
    return environ.get(name) or None


def _sentence(error: Any, kind: type[BaseModel]) -> str:
    is_ours = error["type"] == "value_error"
    what = str(error["ctx"]["error"] if is_ours else error["msg"]).removeprefix("Input ")
    if not error["loc"]:
        return f"{what}."  # about several of them, which it names
    name = str(error["loc"][0])
    if error["type"] == "missing":
        return f"{name} is not set: {kind.model_fields[name].description}."
    secret = "SECRET" in name or "TOKEN" in name or "PASSWORD" in name or "URL" in name
    got = "" if secret else f', got "{error["input"]}"'
    return f"{name}: {what}{got}."
