"""The wheel has all that its commands need, installed beside its requirements and no more."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from tests.house import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
BUILT_FROM = (
    "domain", "topology", "issuance", "waitroom", "passes", "application", "web", "processes",
    "load", "cli",
    "pyproject.toml", "README.md", "LICENSE",
    "docs", "mkdocs.yml", "UPGRADING.md",  # nothing of these may come into it
)  # fmt: skip
WITHIN_S = 120


def run(*argv: str | Path, cwd: Path, **environ: str) -> str:
    """What it printed; fails with its errors where it ends with another code than 0."""
    # Neither the checkout nor a terminal's width may come in by the environment.
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        argv,
        cwd=cwd,
        env={**inherited, "COLUMNS": "100", **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build_wheel(folder: Path) -> Path:
    """From a copy, as setuptools leaves its work beside the sources; without the network."""
    for name in BUILT_FROM:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder)
    program = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    run(sys.executable, "-c", program, "dist", cwd=folder)
    (wheel,) = (folder / "dist").glob("*.whl")
    return wheel


def link_requirements(site: Path) -> None:
    """Give the environment the packages of requirements/runtime.txt, by links to those of ours."""
    listed = (ROOT / "requirements" / "runtime.txt").read_text()
    for name in re.findall(r"^([A-Za-z0-9_.-]+)==", listed, flags=re.MULTILINE):
        try:
            package = distribution(name)
        except PackageNotFoundError:  # of another platform: `pip check` says whether it is missed
            continue
        for top in {file.parts[0] for file in package.files or ()} - {"..", "__pycache__"}:
            if not (site / top).exists():
                (site / top).symlink_to(str(package.locate_file(top)))


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An environment of the wheel and its requirements."""
    folder = tmp_path_factory.mktemp("clean")
    sources = folder / "sources"
    sources.mkdir()
    wheel = build_wheel(sources)
    venv = folder / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", venv, cwd=folder)
    (site,) = venv.glob("lib/python3*/site-packages")
    link_requirements(site)
    pip = (sys.executable, "-m", "pip", "--python", venv / "bin" / "python")
    run(*pip, "install", "--no-index", "--no-deps", wheel, cwd=folder)
    return venv


def waitroom(clean: Path, *words: str, **environ: str) -> str:
    return run(clean / "bin" / "waitroom", *words, cwd=clean.parent, **environ)


def completed(clean: Path, typed: str) -> list[str]:
    """What bash offers for the last word, as its completion script asks for it."""
    asked = {"COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    return waitroom(clean, _WAITROOM_COMPLETE="complete_bash", **asked).split()


def test_the_checkout_cant_be_imported_from_the_environment(clean: Path) -> None:
    program = "import cli.main, web; print(cli.main.__file__, *web.__path__)"

    found = run(clean / "bin" / "python", "-c", program, cwd=clean.parent).split()

    assert all(Path(one).is_relative_to(clean) for one in found), found


def test_the_wheel_holds_our_packages_and_nothing_of_the_docs(clean: Path) -> None:
    (record,) = clean.glob("lib/python3*/site-packages/open_run_waitroom-*.dist-info/RECORD")

    files = [line.partition(",")[0] for line in record.read_text().splitlines()]
    packages = {name.partition("/")[0] for name in files if "dist-info" not in name}

    assert packages - {".."} == set(BUILT_FROM[: BUILT_FROM.index("pyproject.toml")])
    assert [name for name in files if "mkdocs" in name or "docs/" in name] == []


def test_every_requirement_is_one_that_the_wheel_names(clean: Path) -> None:
    pip = (sys.executable, "-m", "pip", "--python", clean / "bin" / "python")

    checked = run(*pip, "check", cwd=clean.parent)

    assert checked.strip() == "No broken requirements found."


def test_the_version_is_one_line(clean: Path) -> None:
    assert waitroom(clean, "--version") == f"waitroom {PROJECT['version']}\n"


def test_help_lists_the_commands(clean: Path) -> None:
    said = waitroom(clean, "--help")

    assert "--version" in said
    assert "--install-completion" in said
    assert all(f" {name} " in said for name in ("web", "worker", "crowd", "compare", "room"))


@pytest.mark.parametrize(
    ("command", "option"), [("crowd", "--members"), ("compare", "--report"), ("demo", "--fresh")]
)
def test_a_command_describes_itself(clean: Path, command: str, option: str) -> None:
    said = waitroom(clean, command, "--help")

    assert f"waitroom {command} [OPTIONS]" in said
    assert option in said


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("waitroom co", {"coupon", "compare"}),
        ("waitroom coupon cr", {"create"}),
        ("waitroom room set --rate-", {"--rate-mode", "--rate-min", "--rate-max"}),
        ("waitroom crowd --mem", {"--members"}),
        ("waitroom compare --rep", {"--report"}),
        ("waitroom --ver", {"--version"}),
    ],
)
def test_commands_and_options_are_completed(clean: Path, typed: str, offered: set[str]) -> None:
    assert set(completed(clean, typed)) == offered


def test_bash_completes_by_the_script_that_is_shown(clean: Path) -> None:
    """The script is read by a bash, and its function asked as pressing Tab asks it."""
    script = waitroom(clean, _WAITROOM_COMPLETE="source_bash")
    asking = "COMP_WORDS=(waitroom cou); COMP_CWORD=1; _waitroom_completion waitroom"

    path = f"{clean / 'bin'}:{os.environ['PATH']}"
    said = run(
        "bash", "--norc", "-c", f'{script}\n{asking}\necho "${{COMPREPLY[@]}}"',
        cwd=clean.parent, PATH=path,
    )  # fmt: skip

    assert said.strip() == "coupon"


def test_completion_is_installed_for_bash(clean: Path, tmp_path: Path) -> None:
    bash = f'PATH="{clean / "bin"}:$PATH"; waitroom --install-completion; echo "ended with $?"'

    said = run("bash", "--norc", "-c", bash, cwd=tmp_path, HOME=str(tmp_path))

    assert "bash completion installed in" in said
    assert "ended with 0" in said
    assert "waitroom.sh" in (tmp_path / ".bashrc").read_text()
    assert "_WAITROOM_COMPLETE" in (tmp_path / ".bash_completions" / "waitroom.sh").read_text()


@pytest.mark.parametrize(
    "file",
    [
        "web/templates/base.html",
        "web/static/app.css",
        "web/locales/ko/LC_MESSAGES/messages.po",
        "waitroom/lua/enter.lua",
        "waitroom/lua/include/clock.lua",
        "issuance/migrations/script.py.mako",
    ],
)
def test_the_wheel_holds_what_is_no_python(clean: Path, file: str) -> None:
    (installed,) = clean.glob(f"lib/python3*/site-packages/{file}")

    assert installed.read_bytes() == (ROOT / file).read_bytes()
