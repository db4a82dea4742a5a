"""LazyGroup: imports a command's module only when the command runs, which speeds up the others."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command as build_command

# module:attribute of a typer.Typer, or of one command's function.
LAZY_COMMANDS = {
    "coupon": "cli.changes.coupon_set:app",
    "room": "cli.room:app",
    "site": "cli.site:app",
    "draw": "cli.draw:app",
    "admin": "cli.admin:app",
    "pass-key": "cli.pass_key:app",
    "crowd": "cli.crowd:crowd",
    "compare": "cli.compare:compare",
    "reconcile": "cli.reconcile:reconcile",
    "adopt": "cli.adopt:adopt",
    "static-files": "cli.static_files:static_files",
}


class LazyGroup(TyperGroup):
    """The commands that were added to it, and LAZY_COMMANDS."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(dict.fromkeys([*super().list_commands(ctx), *LAZY_COMMANDS]))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.commands:
            # For an unknown name import all: the error suggests a similar one.
            for name in [cmd_name] if cmd_name in LAZY_COMMANDS else LAZY_COMMANDS:
                self.add_command(_import_command(name), name)
        return super().get_command(ctx, cmd_name)


def _import_command(name: str) -> Any:
    module, _, attribute = LAZY_COMMANDS[name].partition(":")
    found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        command = build_command(found)
    else:
        group = typer.Typer(add_completion=False)
        group.command(name)(found)
        command = build_command(group)
    command.name = name
    return command
