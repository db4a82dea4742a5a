"""Dockerfile and compose.yaml name files and commands that exist."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner

from cli.main import app

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
DOCKERIGNORE = (ROOT / ".dockerignore").read_text().splitlines()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
# Without those that come from an earlier stage.
COPIED = re.findall(r"^COPY (?!--from)(\S+) (\S+)$", DOCKERFILE, flags=re.MULTILINE)
OURS = {
    name: service for name, service in COMPOSE["services"].items() if service.get("build") == "."
}


def test_each_copied_source_exists_and_is_sent_to_the_builder():
    allowed = [line[1:] for line in DOCKERIGNORE if line.startswith("!")]

    assert len(COPIED) >= 9
    assert [source for source, _ in COPIED if not (ROOT / source).exists()] == []
    assert [source for source, _ in COPIED if source not in allowed] == []
    assert [one for one in allowed if one not in dict(COPIED)] == []


def test_every_package_of_the_wheel_is_in_the_image_by_its_name():
    pyproject = (ROOT / "pyproject.toml").read_text()
    (packages,) = re.findall(r"packages\.find\]\ninclude = \[(.*?)\]", pyproject, flags=re.DOTALL)
    patterns = re.findall(r'"([^"]+)"', packages)
    copied = {source for source, target in COPIED if source == target}

    assert len(patterns) == 10
    assert [one for one in patterns if not any(fnmatch(name, one) for name in copied)] == []


def test_the_image_can_tell_its_version():
    """It has no metadata of a wheel: `cli/version.py` reads the file beside the packages."""
    assert ("pyproject.toml", "pyproject.toml") in COPIED


def test_the_command_that_the_image_makes_is_its_entry_point():
    (command,) = re.findall(r"> /venv/bin/(\S+)", DOCKERFILE)
    (module,) = re.findall(r"exec python -P -m (\w+)", DOCKERFILE)

    assert f'ENTRYPOINT ["{command}"]' in DOCKERFILE
    assert (ROOT / module / "__main__.py").is_file()


def test_every_process_is_a_service():
    assert OURS.keys() == {"web", "admitter", "worker", "migrate", "static-files"}


@pytest.mark.parametrize("service", OURS)
def test_a_services_command_and_options_exist(service: str):
    name, *words = [str(word) for word in OURS[service]["command"]]
    options = [word for word in words if word.startswith("--")]

    described = CliRunner().invoke(app, [name, "--help"])

    assert name in typer.main.get_group(app).list_commands(None)  # type: ignore[arg-type]
    assert described.exit_code == 0
    assert [one for one in options if f" {one} " not in described.output] == []


def test_what_a_service_waits_for_is_a_service_with_that_condition():
    services = COMPOSE["services"]
    awaited = [
        (name, condition["condition"])
        for service in services.values()
        for name, condition in service.get("depends_on", {}).items()
    ]

    assert [name for name, _ in awaited if name not in services] == []
    assert [
        name
        for name, condition in awaited
        if condition == "service_healthy" and "healthcheck" not in services[name]
    ] == []


def test_each_volume_that_is_used_is_declared_and_each_file_is_there():
    services = COMPOSE["services"].values()
    mounted = {one.split(":")[0] for service in services for one in service.get("volumes", ())}
    files = {one for one in mounted if one.startswith("./")}

    assert mounted - files == COMPOSE["volumes"].keys()
    assert files == {"./deploy/Caddyfile"}
    assert [one for one in files if not (ROOT / one).is_file()] == []


def test_the_proxy_reads_static_files_where_they_are_written():
    """The image makes the folder for its user: a volume would belong to root otherwise."""
    writer, proxy = COMPOSE["services"]["static-files"], COMPOSE["services"]["proxy"]
    (volume,) = writer["volumes"]
    _, folder = volume.split(":")

    assert writer["command"] == ["static-files", folder]
    assert f"{volume}:ro" in proxy["volumes"]
    assert f"root * {folder}\n" in (ROOT / "deploy" / "Caddyfile").read_text()
    assert f"install -d -o waitroom -g waitroom {folder}\n" in DOCKERFILE
