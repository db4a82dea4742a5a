"""Tables and rows that a narrow terminal folds, and never cuts off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from rich.table import Column, Table
from rich.text import Text

from domain.rfc3339 import rfc3339


def make_table(*names: str) -> Table:
    """A table with a heading, without lines: they would take the width that dates need."""
    columns = (Column(name, overflow="fold") for name in names)
    return Table(*columns, box=None, pad_edge=False, padding=(0, 2, 0, 0))


def make_rows(values: Mapping[str, str]) -> Table:
    """One row for each name and value."""
    rows = Table.grid(Column(no_wrap=True), Column(overflow="fold"), padding=(0, 2))
    for name, value in values.items():
        # Text: rich would read brackets in a value as markup.
        rows.add_row(Text(name, style="bold"), Text(value))
    return rows


def to_the_second(time: datetime) -> str:
    return rfc3339(time.replace(microsecond=0))
