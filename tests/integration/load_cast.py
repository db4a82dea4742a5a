"""Locust as a process of its own, and what it had to say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.house import ROOT, House

WITHIN_S = 90


@dataclass(frozen=True)
class Run:
    """exit_code, everything it printed, and its table: requests and failures by name."""

    exit_code: int
    said: str
    requests: dict[str, int]
    failures: dict[str, int]

    @property
    def verdict(self) -> dict[str, str]:
        """The lines of the verdict, as `got a coupon` -> `60`."""
        lines = (re.split(r"\s{2,}", line.strip()) for line in self.said.splitlines())
        return {line[0]: line[1] for line in lines if len(line) == 2}


def run_locust(
    house: House, file: str, *words: str, folder: Path, base_url: str | None = None
) -> Run:
    """`locust -f load/FILE --headless WORDS` against `house`, or whoever is at `base_url`."""
    report = folder / "report"
    command = [sys.executable, "-m", "locust", "-f", file, "--headless", "--only-summary"]
    command += ["--json-file", str(report), *words]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **house.environ, "BASE_URL": base_url or house.base_url},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    written = next(folder.glob("report*"), None)
    rows = json.loads(written.read_text()) if written else []
    return Run(
        done.returncode,
        done.stdout,
        {row["name"]: row["num_requests"] for row in rows},
        {row["name"]: row["num_failures"] for row in rows if row["num_failures"]},
    )
