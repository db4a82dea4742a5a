"""A command's module is imported when somebody asks for it.

Most processes are one command of many: one that keeps workers running needs no database.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command as made

# Where each is: a group of commands, or one.
LATER = {
    "coupon": "cli.coupon:app",
    "room": "cli.room:app",
    "draw": "cli.draw:app",
    "admin": "cli.admin:app",
    "crowd": "cli.crowd:crowd",
    "compare": "cli.compare:compare",
    "reconcile": "cli.reconcile:reconcile",
    "adopt": "cli.adopt:adopt",
}


class LazyGroup(TyperGroup):
    """The commands that were added to it, and those of LATER."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(dict.fromkeys([*super().list_commands(ctx), *LATER]))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.commands:
            # Of one that does not exist it is said which was meant: so all must be known.
            for name in [cmd_name] if cmd_name in LATER else LATER:
                self.add_command(_imported(name), name)
        return super().get_command(ctx, cmd_name)


def _imported(name: str) -> Any:
    module, _, attribute = LATER[name].partition(":")
    found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        command = made(found)
    else:
        alone = typer.Typer(add_completion=False)
        alone.command(name)(found)
        command = made(alone)
    command.name = name
    return command
