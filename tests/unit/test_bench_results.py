"""A bench tells medians, and a ratio is that of one round: the machine's speed changes between."""

import inspect
import json
from pathlib import Path

from rich.console import Console

from load.bench.__main__ import MEASURES, record, table
from load.bench.results import Row, Summary, rounds
from tests.mutations.listed import MUTATIONS
from tests.mutations.tree import ROOT


def a_row(value: float, baseline: float | None = None, **seen: float) -> Row:
    return Row("enter", value, "/s", "bare" if baseline else "", baseline, seen)


def test_figures_are_the_medians_of_all_rounds():
    rows = [a_row(100, 200, p99=5), a_row(300, 400, p99=6), a_row(120, 300, p99=9)]

    one = Summary.from_rows(rows)

    assert (one.value, one.least, one.most, one.baseline) == (120, 100, 300, 300)
    assert one.ratio == 0.5
    assert one.seen == {"p99": 6}


def test_what_went_wrong_in_one_round_of_three_is_in_the_figures():
    rows = [a_row(100, errors=0), a_row(300, errors=6), a_row(120, errors=0)]

    assert Summary.from_rows(rows).seen == {"errors": 6}


def test_each_measure_is_broken_by_a_mutation():
    files = {
        Path(inspect.getfile(measure)).relative_to(ROOT).as_posix() for measure in MEASURES.values()
    }

    assert files - {one.file for one in MUTATIONS} == set()


def test_without_a_baseline_there_is_no_ratio():
    assert Summary.from_rows([a_row(5), a_row(7)]).ratio is None


def test_each_round_gives_the_same_rows():
    told = rounds(3, lambda n: [a_row(n, 10), Row("place", n * 2, "/s")])

    assert [one.name for one in told] == ["enter", "place"]
    assert [one.value for one in told] == [1, 2]


def test_the_table_and_the_record_say_all_of_it():
    found = {"enter": [Summary.from_rows([a_row(100, 400, errors=0), a_row(200, 400, errors=2)])]}
    console = Console(record=True, width=160)

    console.print(table(found["enter"]))
    kept = json.loads(json.dumps(record(found)))

    text = console.export_text()
    for said in ("150 /s", "(100 to 200)", "bare: 400", "0.38", "errors 2"):
        assert said in text
    assert kept["measures"]["enter"][0]["ratio"] == 0.375
    assert {"at", "machine", "generator"} <= kept.keys()
