"""A copy of the checkout for each recipe."""

from pathlib import Path

import pytest

from tests.recipes.planted_copy import PlantedCopy


@pytest.fixture
def copy(tmp_path: Path) -> PlantedCopy:
    return PlantedCopy(tmp_path)
