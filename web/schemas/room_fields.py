"""Adds the room settings of domain/settings_spec.py to a schema."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, Field, create_model

from domain.settings_spec import RoomSetting

Model = TypeVar("Model", bound=BaseModel)
# Whether a field is required, has the setting's default, or may be omitted.
Presence = Literal["required", "default", "optional"]


def with_room_fields(
    settings: Sequence[RoomSetting], presence: Presence
) -> Callable[[type[Model]], type[Model]]:
    """A decorator: the model with a field for each of `settings` after its own."""

    def extend(model: type[Model]) -> type[Model]:
        fields: dict[str, Any] = {one.name: _field(one, presence) for one in settings}
        return create_model(
            model.__name__,
            __base__=model,
            __doc__=model.__doc__,
            __module__=model.__module__,
            **fields,
        )

    return extend


def _field(setting: RoomSetting, presence: Presence) -> tuple[Any, Any]:
    kind: Any = Literal[tuple(setting.choices)] if setting.choices else setting.type
    if presence == "required":
        return kind, Field(description=setting.help)
    default = setting.default if presence == "default" else None
    kind = kind if presence == "default" else kind | None
    if setting.choices:
        return kind, Field(default, description=setting.help)
    if setting.type is str:
        lengths: dict[str, Any] = {
            "min_length": int(setting.least),
            "max_length": int(setting.most),
        }
        return kind, Field(default, description=setting.help, **lengths)
    least: dict[str, Any] = {"gt" if setting.is_above else "ge": setting.least}
    # JSON numbers only: neither "5" nor true.
    return kind, Field(default, strict=True, le=setting.most, description=setting.help, **least)
