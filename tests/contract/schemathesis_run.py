"""One caller's requests: Schemathesis's own command, configured for the stage."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.contract.callers import Stage

ROOT = Path(__file__).parents[2]
RUN_MAX_S = 1_800
# It holds Redis against Postgres twice, a second apart: a few of these are enough.
_SLOW = "GET /api/admin/rooms/{code}/reconcile"
_OF_VALID_DATA = ["2xx", "401", "403", "404", "409", "410", "429"]
CONFIGURATION = """\
hooks = "tests.contract.hooks"
continue-on-failure = true
request-timeout = 20.0
# A place is told at once; the next event may take until the line moves.
max-stream-events = 1
# Not more: two threads that draw lambdas at once break CPython 3.11's parser.
workers = 1

[dictionaries]
codes = {{ values = {codes} }}
ids = {{ values = ["{issued_id}"] }}

# Mostly what is there, so that more than "not found" is tried.
[parameters]
"path.code" = {{ dictionary = "codes", probability = 0.8 }}
"path.id" = {{ dictionary = "ids", probability = 0.8 }}

[generation]
max-examples = {examples}
database = "none"

[checks]
enabled = true
# As well as 409: what is asked for is there, but sold out, closed or past its date.
positive_data_acceptance.expected-statuses = {expected}

[[operations]]
include-name = "{slow}"
generation.max-examples = 2

{auth}
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one caller found. requests: test cases sent, without those that checks send besides."""

    caller: str
    requests: int
    operations: int
    failures: int
    said: str

    @property
    def is_good(self) -> bool:
        return not self.failures


def run_schemathesis(
    stage: Stage, caller: str, *, examples: int, seed: int, phases: str
) -> Outcome:
    """All operations, as this caller. Raises RuntimeError where it did not come to an end."""
    with tempfile.TemporaryDirectory(prefix="waitroom-contract-") as folder:
        report = Path(folder) / "report.json"
        config = Path(folder) / "schemathesis.toml"
        config.write_text(_configuration(stage, caller, examples))
        argv = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"]
        argv += [f"{stage.house.base_url}/openapi.json", f"--phases={phases}", f"--seed={seed}"]
        argv += ["--report=json", f"--report-json-path={report}"]
        done = subprocess.run(
            argv,
            cwd=folder,  # where it keeps what it remembers of failures
            env={**os.environ, **_secrets(stage, caller), "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=RUN_MAX_S,
        )
        said = done.stdout + done.stderr
        if not report.exists():
            raise RuntimeError(f"Schemathesis did not come to an end:\n{said[-3_000:]}")
        found: dict[str, Any] = json.loads(report.read_text())
    failures = found["test_cases"]["unique_failures"] + len(found["errors"])
    return Outcome(
        caller,
        found["test_cases"]["generated"],
        found["operations"]["tested"],
        max(failures, int(done.returncode != 0)),
        said,
    )


def _configuration(stage: Stage, caller: str, examples: int) -> str:
    """Secrets come by the environment, so that they are in no file and in no list of processes."""
    kinds = {"memberToken": "bearer", "adminToken": "bearer"}
    auth = "\n".join(
        f'[auth.openapi.{scheme}]\n{kinds.get(scheme, "api_key")} = "${{{_variable(scheme)}}}"'
        for scheme in stage.callers[caller]
    )
    return CONFIGURATION.format(
        codes=json.dumps(stage.codes),
        issued_id=stage.issued_id,
        examples=examples,
        slow=_SLOW,
        expected=json.dumps(_OF_VALID_DATA),
        auth=auth,
    )


def _secrets(stage: Stage, caller: str) -> dict[str, str]:
    return {_variable(scheme): text for scheme, text in stage.callers[caller].items()}


def _variable(scheme: str) -> str:
    return f"CONTRACT_{scheme.upper()}"
