"""Fails if a locked package has a known vulnerability, by OSV's advisories.

    .venv/bin/python .ci/audit.py

If the advisories can't be fetched within SECONDS_MAX, it prints so and does not fail: that says
nothing about our packages, and must not block a build.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCKED = ROOT / "requirements" / "dev.txt"
SECONDS_MAX = 60
NOT_AUDITED = "NOT AUDITED: could not fetch the advisories: "


def main(arguments: list[str]) -> int:
    """Returns 0 without advisories, else 1; prints a line for each.

    arguments: passed on to pip-audit.
    """
    argv = [str(Path(sys.executable).parent / "pip-audit"), "--requirement", str(LOCKED)]
    argv += ["--disable-pip", "--require-hashes", "--vulnerability-service", "osv"]
    argv += ["--format", "json", "--progress-spinner", "off", *arguments]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=SECONDS_MAX)  # noqa: S603
        packages = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        print(f"{NOT_AUDITED}no answer within {SECONDS_MAX} s.")
        return 0
    except ValueError:
        print(NOT_AUDITED + (done.stderr.strip().splitlines() or ["no output"])[-1])
        return 0
    return verdict(packages)


def verdict(packages: list[dict[str, Any]]) -> int:
    skipped = [one["name"] for one in packages if "skip_reason" in one]
    found = [(one, flaw) for one in packages for flaw in one.get("vulns", ())]
    for package, flaw in found:
        fixed = ", ".join(flaw["fix_versions"]) or "no version yet"
        print(f"{package['name']} {package['version']}: {flaw['id']}, fixed in {fixed}")
    if skipped:
        print(f"{NOT_AUDITED}{', '.join(skipped)}")
    print(f"{len(packages) - len(skipped)} packages audited, {len(found)} advisories.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
