"""wrk: a load generator in C, which costs the machine little beside what it measures."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True, slots=True)
class Answers:
    """What a generator saw. per_s: answers a second; errors: no answer, or a status over 399."""

    answered: int
    seconds: float
    per_s: float
    mean_ms: float
    p50_ms: float
    p99_ms: float
    errors: int


def is_there() -> bool:
    return shutil.which("wrk") is not None


def run(
    url: str,
    *,
    method: str = "GET",
    connections: int,
    seconds: float,
    tokens: Path | None = None,
) -> Answers:
    """Ask `url` for `seconds` on `connections` at once, with the next token of the file each time.

    After the last token comes the first again. Raises subprocess.CalledProcessError.
    """
    argv = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "10s"]
    argv += ["-s", str(SCRIPT), url, "--", method, str(tokens or "")]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)  # noqa: S603
    return Answers(**json.loads(done.stdout.splitlines()[-1]))


def write_tokens(path: Path, tokens: Sequence[str]) -> Path:
    """A file of tokens, one a line, that wrk's script reads."""
    path.write_text("\n".join(tokens) + "\n")
    return path
