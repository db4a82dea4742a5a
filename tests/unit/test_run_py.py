"""run.py decides rightly when there is something to install, and always ends with a sentence."""

import ast
import errno
import fcntl
import os
import sys
from pathlib import Path

import pytest

import run

VERSION = "3.11"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with requirements and a `.venv` in which nothing is installed yet."""
    (tmp_path / "requirements").mkdir()
    for name in ("demo.txt", "dev.txt"):
        (tmp_path / "requirements" / name).write_text(f"# {name}\n")
    venv = tmp_path / ".venv"
    venv.mkdir()
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run, "VENV", venv)
    monkeypatch.setattr(run, "STAMP", venv / "installed.txt")
    monkeypatch.setattr(run, "UNFINISHED", venv / "unfinished")
    return tmp_path


def installed(name: str) -> None:
    run.STAMP.write_text(run.stamp(name, VERSION))


@pytest.mark.usefixtures("checkout")
def test_where_folders_cannot_be_locked_a_second_run_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)

    with run.one_at_a_time():
        pass

    said = "".join(capsys.readouterr())
    assert "can't be locked" in said
    assert "do not start another run.py" in said


@pytest.mark.usefixtures("checkout")
def test_what_is_installed_is_not_installed_again() -> None:
    installed("demo.txt")

    assert run.is_installed("demo.txt", VERSION)
    assert not run.is_installed("dev.txt", VERSION)


@pytest.mark.usefixtures("checkout")
def test_the_development_set_is_enough_for_the_demo() -> None:
    installed("dev.txt")

    assert run.is_installed("demo.txt", VERSION)


def test_changed_requirements_are_installed(checkout: Path) -> None:
    installed("demo.txt")

    (checkout / "requirements" / "demo.txt").write_text("# something newer\n")

    assert not run.is_installed("demo.txt", VERSION)


@pytest.mark.usefixtures("checkout")
def test_another_python_needs_its_own_packages() -> None:
    installed("demo.txt")

    assert not run.is_installed("demo.txt", "3.13")


@pytest.mark.usefixtures("checkout")
def test_an_install_that_was_cut_off_does_not_count() -> None:
    installed("demo.txt")

    run.UNFINISHED.touch()

    assert not run.is_installed("demo.txt", VERSION)


def test_an_environment_from_another_place_is_made_anew(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed("demo.txt")
    assert not run.has_moved()

    monkeypatch.setattr(run, "VENV", checkout / "elsewhere" / ".venv")

    assert run.has_moved()


def test_an_environment_whose_python_is_gone_has_no_version(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "PYTHON", checkout / ".venv" / "bin" / "python")

    assert run.working_version() is None


@pytest.mark.parametrize("arguments", [[], ["help"], ["--help"]])
def test_asked_for_nothing_it_tells_what_it_can_do(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        run.main(arguments)

    assert end.value.code == 0
    assert "python3 run.py demo" in capsys.readouterr().out


SIDE_BY_SIDE = ["-q", "--numprocesses=4", "--dist=loadfile", "--no-loadscope-reorder"]


@pytest.mark.parametrize(
    ("rest", "given"),
    [
        ([], [*SIDE_BY_SIDE, "-m", "not slow"]),
        (["--slow"], SIDE_BY_SIDE),
        (["tests/unit", "-x"], ["tests/unit", "-x"]),
        (["tests/faults", "--slow"], ["tests/faults"]),
    ],
)
def test_the_slow_tests_run_where_they_are_asked_for(rest: list[str], given: list[str]) -> None:
    assert run.pytest_arguments(rest, {}) == given


def test_on_servers_that_were_given_tests_run_one_after_the_other() -> None:
    given = {"REDIS_URL": "redis://127.0.0.1"}

    assert run.pytest_arguments([], given) == ["-m", "not slow"]
    assert run.pytest_arguments(["--slow"], given) == []


def test_an_old_python_is_told_so_with_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))

    with pytest.raises(SystemExit) as end:
        run.main(["demo"])

    assert end.value.code == 2
    assert "Python 3.11 or newer is needed, this is 3.9.2" in capsys.readouterr().err


def test_an_old_python_can_read_the_file_at_all() -> None:
    source = Path(run.__file__).read_text()
    newer = f"{source}\nif version := 1:\n    pass\n"

    assert ast.parse(source, feature_version=(3, 6)).body
    with pytest.raises(SyntaxError):
        ast.parse(newer, feature_version=(3, 6))


def test_a_missing_module_names_the_package_that_brings_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    with pytest.raises(SystemExit):
        run.create_venv()

    assert "apt-get install python3-venv" in capsys.readouterr().err


def test_a_command_that_fails_shows_what_it_said(capsys: pytest.CaptureFixture[str]) -> None:
    program = "import sys; sys.exit('no such package')"

    with pytest.raises(SystemExit) as end:
        run.run_quietly([sys.executable, "-c", program], "It did not work")

    assert end.value.code == 1
    assert "no such package\nrun.py: It did not work" in capsys.readouterr().err
