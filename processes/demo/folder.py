"""Demo folder: stores the demo's secrets, and the environment for commands that join it."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass, fields
from pathlib import Path

from passes.pem import make_private_key
from processes.settings.reader import BadSettings

FOLDER = Path(".waitroom")


@dataclass(frozen=True, slots=True)
class DemoSecrets:
    """Created at the demo's first start, and kept."""

    ticket_secret: str
    member_token_secret: str
    admin_token: str
    admin_password: str
    pass_keys: str

    @classmethod
    def load_or_create(cls, folder: Path) -> DemoSecrets:
        """The stored secrets; creates missing ones."""
        path = folder / "secrets.json"
        kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
        # An earlier version stored fewer.
        made = {one.name: kept.get(one.name) or new_secret(one.name) for one in fields(cls)}
        if made != kept:
            write_private(path, json.dumps(made, indent=2))
        return cls(**made)


def new_secret(name: str) -> str:
    """Passwords are short enough to type."""
    if name == "pass_keys":
        return make_private_key("ES256")
    return secrets.token_urlsafe(12 if "password" in name else 32)


def write_private(path: Path, text: str) -> None:
    """Atomically write a file that only its owner can read."""
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def save_environment(folder: Path, environ: dict[str, str]) -> None:
    """Store the running demo's environment, for commands that join it."""
    write_private(folder / "demo.json", json.dumps(environ, indent=2))


def forget_environment(folder: Path) -> None:
    (folder / "demo.json").unlink(missing_ok=True)


def with_running_demo(environ: dict[str, str]) -> dict[str, str]:
    """`environ`, completed by the demo that runs in this folder unless it names a store."""
    if "DATABASE_URL" in environ or "REDIS_URL" in environ:
        return environ
    path = FOLDER / "demo.json"
    try:
        kept: dict[str, str] = json.loads(path.read_text("utf-8"))
        return kept | environ
    except FileNotFoundError:
        return environ
    except (OSError, ValueError) as error:
        raise BadSettings(f"{path} can't be read: {error}") from None
