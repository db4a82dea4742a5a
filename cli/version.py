"""Finds the version that `waitroom --version` prints."""

from __future__ import annotations

import tomllib
from importlib.metadata import version
from pathlib import Path

DISTRIBUTION = "open-run-waitroom"
PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def find_version(pyproject: Path = PYPROJECT) -> str:
    """The version in `pyproject.toml` beside the code, else in the installed package's metadata.

    A checkout and the container image have the file, a wheel only metadata. The file comes first,
    since another version may be installed beside a checkout.

    Raises PackageNotFoundError if there is neither.
    """
    if pyproject.exists():
        project = tomllib.loads(pyproject.read_text()).get("project", {})
        if project.get("name") == DISTRIBUTION:
            return str(project["version"])
    return version(DISTRIBUTION)
