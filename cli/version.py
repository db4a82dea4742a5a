"""The version that `waitroom --version` prints."""

from __future__ import annotations

import tomllib
from importlib.metadata import version
from pathlib import Path

DISTRIBUTION = "open-run-waitroom"
PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def find_version(pyproject: Path = PYPROJECT) -> str:
    """The version of the code that runs: as `pyproject.toml` beside it says, else as installed.

    A checkout and the container image have the file; a wheel has metadata instead. The file comes
    first, as another version may be installed beside a checkout.

    Raises PackageNotFoundError where there is neither.
    """
    if pyproject.exists():
        project = tomllib.loads(pyproject.read_text()).get("project", {})
        if project.get("name") == DISTRIBUTION:
            return str(project["version"])
    return version(DISTRIBUTION)
