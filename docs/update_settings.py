"""Writes the tables of settings in configuration.md from the settings themselves.

    .venv/bin/python -m docs.update_settings

in the root of the checkout. The room settings are in domain/settings_spec.py, those of sites
in domain/sites/settings_spec.py, the environment variables in processes/settings.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import annotated_types
from pydantic.fields import FieldInfo

from domain.settings_spec import ROOM_SETTINGS, RoomSetting
from domain.sites.settings_spec import SITE_SETTINGS
from processes.settings.admitter import AdmitterSettings
from processes.settings.stores import StoreSettings
from processes.settings.web import WebSettings
from processes.settings.worker import WorkerSettings

PAGE = Path(__file__).with_name("configuration.md")
BEGIN, END = "<!-- room settings -->", "<!-- end of room settings -->"
BEGIN_SITES, END_SITES = "<!-- site room settings -->", "<!-- end of site room settings -->"
BEGIN_ENVIRONMENT, END_ENVIRONMENT = "<!-- environment -->", "<!-- end of environment -->"
PROCESSES = {"web": WebSettings, "admitter": AdmitterSettings, "worker": WorkerSettings}


def settings_table(settings: Iterable[RoomSetting] = ROOM_SETTINGS) -> str:
    """The table of room settings, by default of those that rooms of all kinds have."""
    lines = ["| name | default | bounds | meaning |", "| --- | --- | --- | --- |"]
    return "\n".join([*lines, *(_row(setting) for setting in settings)])


def _row(setting: RoomSetting) -> str:
    if setting.choices:
        default, bounds = f"`{setting.default}`", ", ".join(f"`{word}`" for word in setting.choices)
    elif setting.type is str:
        default, bounds = "none", setting.bounds.removeprefix("from ")
    else:
        default, bounds = f"{setting.default:,.0f}", setting.bounds.removeprefix("from ")
    return f"| `{setting.name}` | {default} | {bounds} | {setting.help} |"


def environment_table() -> str:
    """The table of environment variables; those of all processes come first."""
    lines = ["| name | processes | default | bounds | meaning |", "| --- | --- | --- | --- | --- |"]
    kinds = (StoreSettings, *PROCESSES.values())
    settings = {name: one for kind in kinds for name, one in kind.model_fields.items()}
    return "\n".join([*lines, *(_variable_row(name, one) for name, one in settings.items())])


def _variable_row(name: str, setting: FieldInfo) -> str:
    readers = [process for process, kind in PROCESSES.items() if name in kind.model_fields]
    processes = "all" if len(readers) == len(PROCESSES) else ", ".join(readers)
    bounds = _bounds(setting.metadata)
    return f"| `{name}` | {processes} | {_default(setting)} | {bounds} | {setting.description} |"


def _default(setting: FieldInfo) -> str:
    if setting.is_required():
        return "required"
    default = int(setting.default) if isinstance(setting.default, bool) else setting.default
    return "none" if default in ("", ()) else f"`{default}`"


def _bounds(rules: list[Any]) -> str:
    """The bounds in English; empty without any."""
    found = {type(rule): rule for rule in rules}
    match found:
        case {annotated_types.Ge: least, annotated_types.Le: most}:
            return f"{least.ge:,} to {most.le:,}"
        case {annotated_types.Gt: least, annotated_types.Le: most}:
            return f"above {least.gt:,} and at most {most.le:,}"
        case {annotated_types.MinLen: least, annotated_types.MaxLen: most}:
            return f"{least.min_length:,} to {most.max_length:,} characters"
        case {annotated_types.Ge: least}:
            return f"at least {least.ge:,}"
        case {annotated_types.MaxLen: most}:
            return f"at most {most.max_length:,} characters"
    return ""


def with_table(page: str, begin: str, end: str, table: str) -> str:
    """The page with this table between its two markers. Raises ValueError if one is missing."""
    before, rest = page.split(begin)
    _, after = rest.split(end)
    return f"{before}{begin}\n\n{table}\n\n{end}{after}"


def updated(page: str) -> str:
    """The page with all present tables."""
    page = with_table(page, BEGIN_ENVIRONMENT, END_ENVIRONMENT, environment_table())
    page = with_table(page, BEGIN_SITES, END_SITES, settings_table(SITE_SETTINGS))
    return with_table(page, BEGIN, END, settings_table())


if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text("utf-8")), "utf-8")
