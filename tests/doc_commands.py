"""Doc commands: finds the commands in documents, and checks that the CLI accepts them."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer

from cli.main import app
from run import DEVELOPERS

ROOT = Path(__file__).parents[1]
FENCE = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)
# What may come before a command in a shell.
BEFORE = (
    r"(?:\$ )?(?:export )?(?:\w+=\$\()?(?:[A-Z_]+=\S+ )*(?:watch -n \d+ )?"
    r"(?:docker compose exec \w+ )?"
)
COMMAND = re.compile(rf"^{BEFORE}(?:python3 run\.py|(?:\.venv/bin/)?waitroom) +(\S.*?)\)?$")
# A redirection, a pipe or a remark after a command.
AFTER = re.compile(r"  |\s[<>|#]\s?")
MODULE = re.compile(r"^(?:\S+=\S+ )*\.venv/bin/python -m (\S+)(.*)$")
# Placeholders that the reader replaces.
PLACEHOLDERS = {"NAME", "..."}


class CannotBeRead(Exception):
    """The CLI does not accept this command; the text has the reason."""


def fenced(text: str) -> Iterator[list[str]]:
    """The words of each command in code blocks, without the program's name."""
    for block in FENCE.finditer(text):
        for line in block[0].replace("\\\n", " ").splitlines():
            if found := COMMAND.match(re.sub(r"(?<=\S) +(?=--)", " ", line.strip())):
                yield shlex.split(AFTER.split(found[1])[0])


def inline(text: str) -> Iterator[list[str]]:
    """The words of each command within a sentence, which may lack required arguments."""
    for span in re.findall(r"`([^`]+)`", FENCE.sub("", text)):
        command = r"^(?:docker compose exec \w+ )?(?:python3 run\.py|run\.py|waitroom) +(\S.*)$"
        found = re.match(command, " ".join(span.split()))
        if found:
            yield shlex.split(AFTER.split(found[1])[0])


def modules(text: str) -> Iterator[tuple[str, list[str]]]:
    """The module and the words of each `.venv/bin/python -m MODULE ...`."""
    spans = re.findall(r"`([^`]+)`", FENCE.sub("", text))
    lines = [line for block in FENCE.finditer(text) for line in block[0].splitlines()]
    for line in [*lines, *spans]:
        if found := MODULE.match(line.strip()):
            yield found[1], shlex.split(AFTER.split(found[2])[0])


@cache
def all_commands() -> dict[str, Any]:
    """Every command by its words, such as `web` and `site room set`, without the groups."""
    group: Any = typer.main.get_command(app)
    names = group.list_commands(None)
    return dict(_commands_in({name: group.get_command(None, name) for name in names}))


def _commands_in(group: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, command in group.items():
        inner = getattr(command, "commands", None)
        if inner:
            yield from ((f"{name} {words}", one) for words, one in _commands_in(inner))
        else:
            yield name, command


def parse(words: list[str]) -> None:
    """Parse the words as the command would, without running it. Raises CannotBeRead."""
    if words[0] in ("test", *DEVELOPERS):
        _parse_developers(words)
        return
    command, rest = _find(words)
    try:
        command.make_context(" ".join(words), list(rest))
    except typer.Exit as end:
        if end.exit_code:  # --help and the like end with 0
            raise CannotBeRead(f"{' '.join(words)}: ends with {end.exit_code}") from end
    except Exception as error:  # typer has classes of its own for click's, and others for types
        said = error.format_message() if hasattr(error, "format_message") else str(error)
        if "does not exist" not in said:  # a file of the reader's
            raise CannotBeRead(f"{' '.join(words)}: {said}") from error


def check_options(words: list[str]) -> None:
    """Check that the command and its options exist; arguments may lack. Raises CannotBeRead."""
    if words[0] in PLACEHOLDERS or set(words[1:2]) & PLACEHOLDERS:
        return
    if words[0] in ("test", *DEVELOPERS):
        _parse_developers(words)
        return
    if words[0].startswith("-"):
        _check(words, typer.main.get_command(app))
    elif words not in ([group] for group in {name.partition(" ")[0] for name in all_commands()}):
        command, rest = _find(words)
        _check(rest, command)


def _find(words: list[str]) -> tuple[Any, list[str]]:
    known = all_commands()
    for length in (3, 2, 1):
        if " ".join(words[:length]) in known:
            return known[" ".join(words[:length])], words[length:]
    raise CannotBeRead(f"There is no command `{' '.join(words[:2])}`.")


def _check(words: list[str], command: Any) -> None:
    known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    wrong = [word for word in words if word.startswith("--") and word.split("=")[0] not in known]
    if wrong:
        raise CannotBeRead(f"`{command.name}` has no option {', '.join(wrong)}.")


def _parse_developers(words: list[str]) -> None:
    """Of commands of run.py alone: files and options are there."""
    name, *rest = words
    files = [word for word in rest if "/" in word for word in word.split(",")]
    missing = [word for word in files if not (ROOT / word.partition("::")[0]).exists()]
    if missing:
        raise CannotBeRead(f"{' '.join(words)}: there is no {', '.join(missing)}.")
    if name == "bench":
        from load.bench.__main__ import MEASURES
        from load.bench.__main__ import app as bench

        context = typer.main.get_command(bench).make_context("bench", list(rest))
        if unknown := set(context.params["measures"] or ()) - MEASURES.keys():
            raise CannotBeRead(f"There is no benchmark called {', '.join(sorted(unknown))}.")
    elif name in ("mutations", "contract", "witnesses", "pictures"):
        check_module(DEVELOPERS[name], rest)


def check_module(module: str, words: list[str]) -> None:
    """That there is such a module, and that it speaks of these options. Raises CannotBeRead."""
    path = ROOT.joinpath(*module.split("."))
    files = [path.with_suffix(".py"), path / "__main__.py"]
    if not any(file.is_file() for file in files):
        top = module.partition(".")[0]
        if (ROOT / top).is_dir() or find_spec(top) is None:
            raise CannotBeRead(f"There is no module {module}.")
        return
    # Options that several modules of a folder share are in a module beside them.
    sources = [one for folder in (path, path.parent) for one in folder.glob("*.py")]
    known = {one for file in sources for one in _options_in(file)}
    wrong = [word for word in words if word.startswith("--") and word.split("=")[0] not in known]
    if wrong:
        raise CannotBeRead(f"{module} has no option {', '.join(wrong)}.")


@cache
def _options_in(file: Path) -> frozenset[str]:
    """Those of argparse and of hand-written checks, as they are; those of Typer, by parameter."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        match node:
            case ast.Constant(value=str() as text) if re.fullmatch(r"--[a-z][a-z-]*", text):
                found.add(text)
            case ast.arg(arg=name, annotation=ast.Subscript() as kind):
                if "typer.Option" in ast.unparse(kind):
                    found.add(f"--{name.replace('_', '-')}")
    return frozenset(found)
