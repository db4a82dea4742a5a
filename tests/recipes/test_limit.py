"""A new limit of a web process, by the recipe of CONTRIBUTING.md: three code files."""

from __future__ import annotations

from pathlib import Path

from tests.recipes.planted_copy import PlantedCopy, files_of_recipe

SETTINGS, VALUES, ENFORCED = (
    "processes/settings/web.py", "web/limits/limit_values.py", "web/limits/request_limits.py",
)  # fmt: skip
FILES_MAX = 3
SETTING = """
    SIGNIN_REQUESTS_MAX: int = Field(
        30, ge=0, description="of the sign-in page, from one address in any 10 s; 0: any number"
    )
"""
TEST = """
import httpx
import pytest

from processes.settings.reader import BadSettings, read_settings
from processes.settings.web import WebSettings
from processes.http.container import _limits
from tests.integration.limits_cast import an_address, from_
from tests.integration.web_cast import app_with
from tests.unit.settings_cast import environ
from web.limits.limit_values import WebLimits

pytestmark = pytest.mark.usefixtures("patient_limits")


async def test_sign_ins_have_a_limit_of_their_own(parts):
    app = app_with(parts, limits=WebLimits(signin_requests_max=4, exempt_ips="none"))
    async with from_(app, an_address()) as client:
        seen = [(await client.get("/signin?next=/")).status_code for _ in range(20)]
        other = await client.get("/api/coupons")

    assert seen.count(429) >= 20 - 4 - 4
    assert other.status_code == 200


def test_it_is_the_setting_of_its_name():
    settings = read_settings(WebSettings, environ | {"SIGNIN_REQUESTS_MAX": "7"})

    assert _limits(settings, 1).signin_requests_max == 7
    with pytest.raises(BadSettings, match="SIGNIN_REQUESTS_MAX"):
        read_settings(WebSettings, environ | {"SIGNIN_REQUESTS_MAX": "-1"})
"""


def plant_limit(copy: PlantedCopy) -> None:
    copy.replace(SETTINGS, "    DRAIN_S: float", f"{SETTING.lstrip(chr(10))}    DRAIN_S: float")
    copy.replace(
        VALUES, "    looks_factor: int", "    signin_requests_max: int = 30\n    looks_factor: int"
    )
    copy.replace(ENFORCED, '"looks", "health", "checks"]', '"looks", "health", "checks", "signin"]')
    copy.replace(
        ENFORCED,
        '    if path.startswith(_HEALTH):\n        return "health"\n',
        '    if path.startswith(_HEALTH):\n        return "health"\n'
        '    if path == "/signin":\n        return "signin"\n',
    )
    copy.replace(
        ENFORCED,
        '            "looks": limits.address',
        '            "signin": limits.signin_requests_max,\n            "looks": limits.address',
    )


def test_a_limit_takes_three_code_files(servers, tmp_path: Path):
    copy = PlantedCopy(tmp_path)

    plant_limit(copy)

    assert copy.changed_code_files() == sorted([SETTINGS, VALUES, ENFORCED])
    assert len(copy.changed_code_files()) <= FILES_MAX
    copy.write("tests/integration/test_planted_limit.py", TEST)
    copy.run_tests("tests/integration/test_planted_limit.py", servers=servers)


def test_the_recipe_names_the_files_that_a_limit_takes():
    assert files_of_recipe("A limit") == [SETTINGS, VALUES, ENFORCED]
