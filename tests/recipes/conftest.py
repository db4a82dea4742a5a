"""Fixtures of recipe tests: a copy of the checkout."""

from pathlib import Path

import pytest

from tests.recipes.planted_copy import PlantedCopy


@pytest.fixture
def copy(tmp_path: Path) -> PlantedCopy:
    return PlantedCopy(tmp_path)
