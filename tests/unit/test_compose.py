"""What compose.yaml asks the person for is what .env.example offers."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from processes.settings.admitter import AdmitterSettings
from processes.settings.stores import DatabaseSettings
from processes.settings.web import WebSettings
from processes.settings.worker import WorkerSettings

ROOT = Path(__file__).parents[2]
COMPOSE = (ROOT / "compose.yaml").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
SERVICES: dict[str, Any] = yaml.safe_load(COMPOSE)["services"]
# The stores and the proxy of the file itself, and what no deployment may set.
DECIDED_BY_COMPOSE = {"DATABASE_URL", "REDIS_URL", "FORWARDED_ALLOW_IPS", "DEMO"}


def test_each_variable_of_the_compose_file_is_in_the_example() -> None:
    asked = set(re.findall(r"\$\{(\w+)", COMPOSE))
    offered = set(re.findall(r"^#?(\w+)=", EXAMPLE, flags=re.MULTILINE))

    assert asked == offered


def test_no_secret_has_a_default() -> None:
    must_be_set = set(re.findall(r"\$\{(\w+):\?", COMPOSE))
    filled_in = set(re.findall(r"^(\w+)=.+", EXAMPLE, flags=re.MULTILINE))

    assert must_be_set >= {
        "POSTGRES_PASSWORD",
        "REDIS_PASSWORD",
        "TICKET_SECRETS",
        "MEMBER_TOKEN_SECRETS",
        "ADMIN_TOKEN",
    }
    assert filled_in == set()
    for name in must_be_set:
        assert f"${{{name}:-" not in COMPOSE


def test_both_stores_ask_for_a_password_and_the_processes_have_it() -> None:
    required = r"\$\{REDIS_PASSWORD:\?[^}]*\}"

    assert re.search(rf"REDIS_URL: redis://:{required}@redis:6379/0", COMPOSE)
    assert re.search(rf'--requirepass, "?{required}', COMPOSE)
    assert re.search(rf"REDISCLI_AUTH: {required}", COMPOSE)
    assert re.search(r"DATABASE_URL: postgresql://waitroom:\$\{POSTGRES_PASSWORD:\?", COMPOSE)


@pytest.mark.parametrize(
    ("service", "kind"),
    [
        ("web", WebSettings),
        ("admitter", AdmitterSettings),
        ("worker", WorkerSettings),
        ("migrate", DatabaseSettings),
    ],
)
def test_each_setting_of_a_process_can_be_given_in_env(service: str, kind: type[BaseModel]) -> None:
    environment: dict[str, str] = SERVICES[service]["environment"]
    from_env = {
        name for name, value in environment.items() if str(value).startswith("${" + name + ":")
    }

    assert kind.model_fields.keys() - from_env - DECIDED_BY_COMPOSE == set()
