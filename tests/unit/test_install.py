"""The packages are fetched from where pip was told to, by uv where that can be, else by pip."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

FILE = Path(__file__).parent.parent.parent / "requirements" / "install.py"


@pytest.fixture
def install() -> ModuleType:
    spec = importlib.util.spec_from_file_location("requirements_install", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_uv_is_told_where_pip_would_look(install: ModuleType) -> None:
    told = install.told_to_uv(
        "global.index-url='https://mirror.example/simple'\n"
        "global.extra-index-url='https://one.example/simple\\nhttps://two.example/simple'\n"
        "global.find-links='/wheels /more'\n"
        "global.trusted-host='mirror.example'\n"
        "install.no-cache-dir='true'\n"
    )

    assert told == {
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_INDEX": "https://one.example/simple https://two.example/simple",
        "UV_FIND_LINKS": "/wheels,/more",
        "UV_INSECURE_HOST": "mirror.example",
        "UV_NO_CACHE": "true",
    }


def test_the_environment_counts_more_than_a_file(install: ModuleType) -> None:
    told = install.told_to_uv(
        ":env:.index-url='https://environment.example/simple'\n"
        "global.index-url='https://file.example/simple'\n"
        "install.index-url='https://section.example/simple'\n"
    )

    assert told["UV_DEFAULT_INDEX"] == "https://environment.example/simple"


@pytest.mark.parametrize("setting", ["no-index", "client-cert", "proxy", "only-binary"])
def test_what_uv_cannot_be_told_leaves_all_to_pip(install: ModuleType, setting: str) -> None:
    assert install.told_to_uv(f"global.{setting}='true'\n") is None


def test_what_changes_nothing_is_no_reason_to_leave_it_to_pip(install: ModuleType) -> None:
    settings = ":env:.disable-pip-version-check='1'\ndownload.index-url='https://no.example'\n"

    assert install.told_to_uv(settings) == {"UV_INDEX_STRATEGY": "unsafe-best-match"}


@pytest.mark.parametrize(
    ("fails", "ran"),
    [
        ((), ["pip brings uv.txt", "uv brings demo.txt"]),
        (("uv",), ["pip brings uv.txt", "uv brings demo.txt", "pip brings demo.txt"]),
        (("pip brings uv.txt",), ["pip brings uv.txt", "pip brings demo.txt"]),
    ],
)
def test_pip_does_it_where_uv_cannot(
    install: ModuleType, monkeypatch: pytest.MonkeyPatch, fails: tuple[str, ...], ran: list[str]
) -> None:
    done: list[str] = []

    def run(command: list[str], environ: dict[str, str] | None = None) -> int:
        who = "uv" if Path(command[0]).name == "uv" else "pip"
        done.append(f"{who} brings {Path(command[-1]).name}")
        return int(who in fails or done[-1] in fails)

    monkeypatch.setattr(install, "_run", run)
    monkeypatch.setattr(install, "_pips_settings", lambda: "")

    assert install.main("demo.txt") == 0
    assert done == ran


@pytest.mark.parametrize("uv_fails", [False, True])
def test_whoever_brings_a_package_holds_it_to_its_hash(
    install: ModuleType, monkeypatch: pytest.MonkeyPatch, uv_fails: bool
) -> None:
    commands: list[list[str]] = []

    def run(command: list[str], environ: dict[str, str] | None = None) -> int:
        commands.append(command)
        return int(uv_fails and Path(command[0]).name == "uv")

    monkeypatch.setattr(install, "_run", run)
    monkeypatch.setattr(install, "_pips_settings", lambda: "")

    install.main("demo.txt")

    assert len(commands) == 2 + uv_fails
    for command in commands:
        assert "--require-hashes" in command, command


@pytest.mark.parametrize("name", ["demo.txt", "dev.txt", "runtime.txt", "uv.txt"])
def test_every_package_is_pinned_by_hash(name: str) -> None:
    lines = FILE.with_name(name).read_text().replace("\\\n", " ").splitlines()
    pinned = [line for line in lines if line.strip() and not line.startswith("#")]

    assert pinned
    for line in pinned:
        assert re.match(r"\S+==\S+ .*--hash=sha256:[0-9a-f]{64}", line), line


def test_where_pip_fails_too_that_is_said(
    install: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install, "_run", lambda *_: 1)
    monkeypatch.setattr(install, "_pips_settings", lambda: "")

    assert install.main("demo.txt") == 1


def test_a_program_that_is_not_there_has_failed(
    install: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert install._run([str(tmp_path / "uv")]) == 1
    assert "uv" in capfd.readouterr().err
