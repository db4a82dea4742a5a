"""What compose.yaml asks the person for is what .env.example offers."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMPOSE = (ROOT / "compose.yaml").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()


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
