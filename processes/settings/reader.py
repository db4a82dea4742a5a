"""Reads a process's environment, once, into a frozen and validated object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import (
    BaseModel,
    ValidationError,
)


class BadSettings(Exception):
    """A setting is missing, or its value is wrong."""


Settings = TypeVar("Settings", bound=BaseModel)


def read_settings(kind: type[Settings], environ: Mapping[str, str]) -> Settings:
    """`kind` from the environment: each value is in NAME, or in the file that NAME_FILE names.

    Raises BadSettings with one sentence for each missing or wrong value.
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
    # Compose files and shells pass an unset variable as an empty one.
    return environ.get(name) or None


def _sentence(error: Any, kind: type[BaseModel]) -> str:
    is_ours = error["type"] == "value_error"
    what = str(error["ctx"]["error"] if is_ours else error["msg"]).removeprefix("Input ")
    if not error["loc"]:
        return f"{what}."  # it names the settings it is about
    name = str(error["loc"][0])
    if error["type"] == "missing":
        return f"{name} is required: {_without_links(kind.model_fields[name].description or '')}."
    secret = any(word in name for word in ("SECRET", "TOKEN", "PASSWORD", "URL", "KEY"))
    got = "" if secret else f', got "{error["input"]}"'
    return f"{name}: {what}{got}."


def _without_links(description: str) -> str:
    """The description without its links into docs/, which a terminal can't follow."""
    without_notes = re.sub(r" \(\[[^]]+\]\([^)]+\)\)", "", description)
    return re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", without_notes)
