"""Adds a CLI option for each room setting of domain/settings_spec.py to a command."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Annotated, Any

import typer

from domain.settings_spec import RoomSetting

Command = Callable[..., None]


def with_room_options(
    settings: Sequence[RoomSetting], *, with_defaults: bool
) -> Callable[[Command], Command]:
    """A decorator that passes the values of `settings` to the command's `**` parameter.

    Typer reads options from the signature, where one option a setting replaces the `**`. An omitted
    option is the setting's default or, without `with_defaults`, None.
    """

    def extend(command: Command) -> Command:
        @wraps(command)
        def extended(**values: Any) -> None:
            command(**values)

        own = inspect.signature(command, eval_str=True).parameters.values()
        options = [_option(setting, with_default=with_defaults) for setting in settings]
        kept = [one for one in own if one.kind is not inspect.Parameter.VAR_KEYWORD]
        parameters = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in kept]
        extended.__signature__ = inspect.Signature([*parameters, *options])  # type: ignore[attr-defined]
        extended.__annotations__ = {one.name: one.annotation for one in (*parameters, *options)}
        return extended

    return extend


def _option(setting: RoomSetting, *, with_default: bool) -> inspect.Parameter:
    name = f"--{setting.option or setting.name.replace('_', '-')}"
    option = typer.Option(name, help=f"{setting.help} {setting.bounds.capitalize()}.")
    kind: Any = setting.type if with_default else setting.type | None
    return inspect.Parameter(
        setting.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=setting.default if with_default else None,
        annotation=Annotated[kind, option],
    )
