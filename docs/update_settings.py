"""Brings the table of room settings in configuration.md up to date with domain/settings_spec.py.

    .venv/bin/python -m docs.update_settings

from the checkout's own folder.
"""

from __future__ import annotations

from pathlib import Path

from domain.settings_spec import ROOM_SETTINGS, RoomSetting

PAGE = Path(__file__).with_name("configuration.md")
BEGIN, END = "<!-- room settings -->", "<!-- end of room settings -->"


def settings_table() -> str:
    lines = ["| name | default | bounds | meaning |", "| --- | --- | --- | --- |"]
    return "\n".join([*lines, *(_row(setting) for setting in ROOM_SETTINGS)])


def _row(setting: RoomSetting) -> str:
    if setting.choices:
        default, bounds = f"`{setting.default}`", ", ".join(f"`{word}`" for word in setting.choices)
    else:
        default, bounds = f"{setting.default:,.0f}", setting.bounds.removeprefix("from ")
    return f"| `{setting.name}` | {default} | {bounds} | {setting.help} |"


def main() -> None:
    before, rest = PAGE.read_text("utf-8").split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{settings_table()}\n\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
