"""Fails where a package that we install is known to be vulnerable, by OSV's advisories.

    .venv/bin/python .ci/audit.py

Where no advisories can be had within SECONDS_MAX it says so and does not fail: that is no news
about our packages. The bound holds for all of it, so it holds nobody up.
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
NOT_AUDITED = "NOT AUDITED: no advisories could be had, so nothing is known of our packages: "


def main(arguments: list[str]) -> int:
    """0 where nothing is known to be wrong; 1 with a line for each advisory.

    arguments: more of pip-audit's.
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
        print(NOT_AUDITED + (done.stderr.strip().splitlines() or ["it said nothing"])[-1])
        return 0
    return verdict(packages)


def verdict(packages: list[dict[str, Any]]) -> int:
    skipped = [one["name"] for one in packages if "skip_reason" in one]
    found = [(one, flaw) for one in packages for flaw in one.get("vulns", ())]
    for package, flaw in found:
        mended = ", ".join(flaw["fix_versions"]) or "no version yet"
        print(f"{package['name']} {package['version']}: {flaw['id']}, mended in {mended}")
    if skipped:
        print(f"{NOT_AUDITED}{', '.join(skipped)}")
    print(f"{len(packages) - len(skipped)} packages audited, {len(found)} advisories.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
