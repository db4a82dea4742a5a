"""Terminal: shows progress bars during a comparison, then the table and a sentence for each way."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from domain.coupon import Issuing
from load.compare.checks import broken_promises
from load.compare.comparison import Comparison
from load.compare.options import WAYS, CompareOptions
from load.compare.results import WayResults
from load.compare.table import GROUPS, effects
from load.crowd.observations import Observations


class Bars:
    """A context manager that shows a progress bar for each way on stderr."""

    def __init__(self, options: CompareOptions) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("[green]{task.fields[issued]:,} got one[/green]"),
            TextColumn("{task.fields[note]}"),
            console=Console(stderr=True),
        )
        self._tasks = {
            way: self._progress.add_task(way, total=options.members, start=False, issued=0, note="")
            for way in WAYS
        }
        self._now = self._tasks[WAYS[0]]
        self._issued = 0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def print(self, sentence: str) -> None:
        self._progress.console.print(sentence)

    def begin(self, way: Issuing) -> None:
        self._now, self._issued = self._tasks[way], 0
        self._progress.start_task(self._now)

    def seen(self, one: Observations) -> None:
        """Count a member who has their outcome."""
        self._issued += one.final == "issued"
        self._progress.update(self._now, advance=1, issued=self._issued)

    def end(self, measured: WayResults) -> None:
        self._progress.stop_task(self._now)
        note = "[red]a promise was broken[/red]" if broken_promises(measured) else "kept"
        self._progress.update(self._now, note=note)


def print_comparison(made: Comparison, report: Path | None) -> None:
    """Print the table, a sentence for each way, and the verdict."""
    out = Console()
    table = Table(show_edge=False, pad_edge=False, header_style="bold")
    table.add_column("")
    for one in made.ways:
        table.add_column(one.way, justify="right")
    for group in GROUPS:
        table.add_row(f"[bold]{group.title}[/bold]")
        for number, row in enumerate(group.rows, 1):
            cells = [row.cell(one) for one in made.ways]
            table.add_row(f"  {row.name}", *cells, end_section=number == len(group.rows))
    out.print(table)
    out.print()
    for one in made.ways:
        style = "red" if broken_promises(one) else "bold"
        out.print(f"[{style}]{one.way}[/{style}]: {effects(one, made.options)}", highlight=False)
    out.print()
    good, bad = "[green]Every way kept every promise.[/green]", "[red]A promise was broken.[/red]"
    out.print(good if made.is_good else bad)
    if report is not None:
        out.print(f"The report: {report / 'index.html'}", markup=False, highlight=False)
