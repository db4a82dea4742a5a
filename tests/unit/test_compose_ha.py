"""deploy/compose.ha.yaml adds stores that the processes find, and starts them with our files."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from string import Template
from typing import Any

import pytest
import yaml

from issuance.postgres.database_url import list_addresses, parse_database_url
from topology.sentinels import parse_sentinels_url

ROOT = Path(__file__).parents[2]
HA = ROOT / "deploy" / "ha"
TEXT = (ROOT / "deploy" / "compose.ha.yaml").read_text()
BASE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
ADDED: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES = BASE["services"].keys() | ADDED["services"].keys()
FILLED_IN = {
    "SENTINEL_PORT": "26379",
    "SENTINEL_HOST": "sentinel-1",
    "SENTINEL_PASSWORD": "s-_.~/",
    "DOWN_AFTER_MS": "1000",
    "PRIMARY_HOST": "redis",
    "PRIMARY_PORT": "6379",
    "REDIS_PASSWORD": "p-_.~/",
}


def stores_of(service: str) -> dict[str, str]:
    environment = ADDED["services"][service]["environment"]
    return {name: re.sub(r"\$\{\w+\}", "secret", text) for name, text in environment.items()}


@pytest.mark.parametrize("process", ["web", "admitter", "worker", "migrate"])
def test_each_process_has_all_hosts_of_both_stores(process: str) -> None:
    stores = stores_of(process)
    database = parse_database_url(stores["DATABASE_URL"])
    line = parse_sentinels_url(stores["REDIS_URL"])

    assert list_addresses(database) == ["postgres:5432", "postgres-standby:5432"]
    assert [host for host, _ in line.addresses] == ["sentinel-1", "sentinel-2", "sentinel-3"]
    assert {port for _, port in line.addresses} == {26379}
    monitored = (HA / "sentinel.conf").read_text()
    assert f"sentinel monitor {line.service} " in monitored


def test_each_service_that_is_named_exists() -> None:
    for name, service in ADDED["services"].items():
        assert set(service.get("depends_on", ())) <= SERVICES, name
        assert service.get("image") or name in BASE["services"], name
    named = {
        host for one in stores_of("web").values() for host in re.findall(r"[\w-]+(?=:\d)", one)
    }
    assert named <= SERVICES | {"secret"}


def test_each_variable_is_one_that_compose_yaml_requires() -> None:
    required = set(re.findall(r"\$\{(\w+):\?", (ROOT / "compose.yaml").read_text()))

    assert set(re.findall(r"\$\{(\w+)\}", TEXT)) <= required
    assert not re.findall(r"\$\{\w+:", TEXT)


def test_each_volume_is_declared_and_each_file_exists() -> None:
    for service in ADDED["services"].values():
        for source, *_ in (one.split(":") for one in service.get("volumes", ())):
            found = (
                (ROOT / source).exists() if source.startswith("./") else source in ADDED["volumes"]
            )
            assert found, source
        for file in re.findall(r"/ha/([\w.-]+)", str(service.get("command"))):
            assert (HA / file).exists()


def test_a_sentinel_fills_in_our_file_once(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        **FILLED_IN,
        "SENTINEL_FOLDER": str(tmp_path),
        "REDIS_SERVER": "echo",
    }
    start = ["sh", str(HA / "start-sentinel.sh")]
    file = tmp_path / "sentinel.conf"

    first = subprocess.run(start, env=environment, capture_output=True, text=True, check=True)

    assert first.stdout == f"{file} --sentinel\n"
    template = Template((HA / "sentinel.conf").read_text())
    assert file.read_text() == template.substitute(FILLED_IN, SENTINEL_FOLDER=str(tmp_path))
    assert file.stat().st_mode & 0o077 == 0
    file.write_text("what it has learnt\n")
    subprocess.run(start, env=environment, capture_output=True, check=True)
    assert file.read_text() == "what it has learnt\n"


@pytest.mark.parametrize("service", [name for name in ADDED["services"] if "sentinel" in name])
def test_each_sentinel_has_every_variable_of_the_file(service: str) -> None:
    environment = ADDED["services"][service]["environment"]

    template = Template((HA / "sentinel.conf").read_text())
    assert set(template.get_identifiers()) <= environment.keys()
    assert environment["SENTINEL_HOST"] == service


def test_a_standby_that_was_copied_is_kept(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text("17\n")
    environment = {"PATH": os.environ["PATH"], "PGDATA": str(tmp_path), "PRIMARY_URL": "unused"}

    subprocess.run(["sh", str(HA / "copy-primary.sh")], env=environment, check=True, timeout=10)

    assert [one.name for one in tmp_path.iterdir()] == ["PG_VERSION"]
