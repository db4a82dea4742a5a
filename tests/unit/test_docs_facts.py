"""Numbers, keys, metrics and bounds in the documents equal those of the code."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from docs.update_refusals import with_rows
from docs.update_settings import updated
from domain.refusals import REFUSALS
from processes.http import server
from processes.postgres_connections import ADMITTER_DB_CONNECTIONS, db_connections_bound
from processes.settings.registry import ALL_SETTINGS
from processes.settings.web import WebSettings
from processes.settings.worker import WorkerSettings
from processes.supervisor import GRACE_S
from tests.ops_files import PAGE as METRICS
from tests.unit.test_ops_files import FAMILIES, SAMPLES
from waitroom.redis_io.keys import Keys
from web.problems import KINDS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
CONFIGURATION = (DOCS / "configuration.md").read_text("utf-8")
OPERATIONS = (DOCS / "operations.md").read_text("utf-8")
API = (DOCS / "api.md").read_text("utf-8")
UNITS = {"": 1, "s": 1, "h": 3_600, "days": 86_400, "years": 365 * 86_400}
KINDS_OF_KEYS = {"hash": "hash", "zset": "sorted set", "list": "list", "string": "string"}
# The bound with every default, and one command of each kind.
BOUND = db_connections_bound(
    web=WebSettings.model_fields["WEB_DB_CONNECTIONS"].default,
    workers=WorkerSettings.model_fields["WORKERS"].default,
)


def table(text: str, head: str) -> list[list[str]]:
    """The cells of each row of the table whose first line begins with `head`."""
    _, found, rest = text.partition(f"\n| {head}")
    assert found, head
    lines = rest.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def values_in(file: Path, name: str) -> Iterator[float]:
    """What a file assigns to a name: a constant, an attribute, or a parameter's default."""
    if file.suffix == ".lua":
        for found in re.findall(rf"\b{name} = (\d+)", file.read_text("utf-8")):
            yield float(found)
        return
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        match node:
            case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
                yield evaluated(value)
            case ast.Assign(targets=[ast.Tuple(elts=found)], value=ast.Tuple(elts=values)):
                pairs = zip(found, values, strict=True)
                yield from (evaluated(value) for one, value in pairs if ast.unparse(one) == name)
            case ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value):
                if found == name:
                    yield evaluated(value)
            case ast.arguments():
                yield from (evaluated(one) for one in defaults(node, name))


def defaults(arguments: ast.arguments, name: str) -> Iterator[ast.expr]:
    plain = [*arguments.posonlyargs, *arguments.args]
    pairs = [
        *zip(reversed(plain), reversed(arguments.defaults), strict=False),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    yield from (value for one, value in pairs if one.arg == name and value is not None)


def evaluated(value: ast.expr) -> float:
    """A number, or a product or timedelta of numbers; nan for anything else."""
    match value:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return evaluated(left) * evaluated(right)
        case ast.Call(func=ast.Name(id="timedelta"), keywords=[ast.keyword(arg=unit, value=count)]):
            return evaluated(count) * {"hours": 3_600, "days": 86_400, "seconds": 1}[str(unit)]
        case _:
            return float("nan")


def numbers(cell: str) -> list[float]:
    """Of `1,000, 5 s, 12 h`: 1000, 5 and 43200."""
    found = re.findall(r"(\d[\d,]*(?:\.\d+)?)(?: (s|h|days|years)\b)?", re.sub(r", ", " ; ", cell))
    return [float(number.replace(",", "")) * UNITS[unit] for number, unit in found]


CONSTANTS = [
    row for row in table(CONFIGURATION, "name | value | where |") if not row[0].startswith("`--")
]


@pytest.mark.parametrize("row", CONSTANTS, ids=lambda row: row[0].replace("`", ""))
def test_every_constant_has_the_value_that_the_table_gives(row: list[str]):
    names = [name.rpartition(".")[2] for name in re.findall(r"`([\w.]+)`", row[0])]
    files = [ROOT / file for file in re.findall(r"`([\w/.]+)`", row[2])]
    given = numbers(row[1])
    given *= len(names) if len(given) == 1 else 1

    assert len(given) == len(names)
    for name, value in zip(names, given, strict=True):
        assert value in {found for file in files for found in values_in(file, name)}, name


def test_the_table_of_constants_is_read_at_all():
    assert len(CONSTANTS) > 40
    assert numbers("1,000, 5,000 s") == [1_000, 5_000]
    assert numbers("12 h, 0.5 s, 7 days") == [43_200, 0.5, 604_800]


def test_the_tables_of_settings_are_those_that_the_settings_give():
    assert updated(CONFIGURATION) == CONFIGURATION, "run: .venv/bin/python -m docs.update_settings"


def test_each_setting_is_in_the_table_with_its_bounds():
    rows = {row[0].strip("`"): row for row in table(CONFIGURATION, "name | processes | default")}

    assert rows.keys() == {name for kind in ALL_SETTINGS for name in kind.model_fields}
    assert rows["WORKERS"][1:4] == ["web, worker", "`2`", "1 to 64"]
    assert rows["LEASE_S"][1:4] == ["admitter", "`15`", "above 0 and at most 3,600"]
    assert rows["DEMO"][1:4] == ["web", "`0`", ""]
    assert rows["SITE_NAME"][3] == "1 to 60 characters"


def test_every_redis_key_of_a_room_is_in_the_table_once_with_its_kind():
    rows = table((DOCS / "architecture.md").read_text("utf-8"), "key | kind | holds")
    keys = Keys("spring")
    kinds = {
        getattr(keys, name).rpartition(":")[2]: KINDS_OF_KEYS[
            inspect.cleandoc(kept.__doc__).partition(":")[0]
        ]
        for name, kept in vars(Keys).items()
        if isinstance(kept, property)
    }

    assert sorted((row[0].strip("`"), row[1]) for row in rows) == sorted(kinds.items())


def labels_of(family: str) -> set[str]:
    names = (family, f"{family}_total", f"{family}_bucket")
    return next(SAMPLES[name] for name in names if name in SAMPLES)


def test_every_metric_has_its_type_and_names_its_labels():
    rows = re.findall(r"^\| `(waitroom_\w+)` \| (\w+) \| (.+) \|$", METRICS, flags=re.MULTILINE)
    listed = {name.removesuffix("_total"): (kind, text) for name, kind, text in rows}

    assert len(listed) == len(rows)
    for family in FAMILIES:
        kind, text = listed[family.name]
        labels = labels_of(family.name) - {"room", "le"}
        assert kind == family.type
        assert [label for label in labels if f"`{label}`" not in text] == [], family.name


def test_the_page_lists_every_problem_and_refusal_once_and_no_other():
    problems = table(API, "type | status | when")
    refusals = [row[0].strip("`") for row in table(API, "type | status | `detail`")]
    named = [name for row in problems for name in re.findall(r"`(\w+)`", row[0])]

    assert sorted(refusals) == sorted(REFUSALS)
    assert sorted([*named, *refusals]) == sorted(KINDS)


def test_the_table_of_refusals_is_what_they_give():
    assert with_rows(API) == API, "run: .venv/bin/python -m docs.update_refusals"


def test_the_bound_of_connections_is_the_same_wherever_it_is_written():
    defaults_of = WebSettings.model_fields["WEB_DB_CONNECTIONS"].default
    workers = WorkerSettings.model_fields["WORKERS"].default
    sum_of_defaults = f"{defaults_of} + {workers} + {ADMITTER_DB_CONNECTIONS} = {BOUND}"
    formula = (
        "web commands x WEB_DB_CONNECTIONS  +  worker commands x WORKERS"
        f"  +  {ADMITTER_DB_CONNECTIONS} x admitters"
    )

    assert sum_of_defaults in CONFIGURATION
    assert formula in CONFIGURATION
    assert f"`WORKERS` + `WEB_DB_CONNECTIONS` + {ADMITTER_DB_CONNECTIONS}" in OPERATIONS
    assert f'"bound": {BOUND}}}' in API


def test_the_bounds_of_the_server_are_those_it_keeps():
    bounds = {row[0]: row[1] for row in table(OPERATIONS, "against | bound |")}

    assert f"{server.HEADERS_BYTES_MAX // 1_024} kB" in bounds["long headers"]
    assert f"{server.HEADERS_WITHIN_MS // 1_000} s" in bounds["headers that arrive slowly"]
    assert f"{server.HEADERS_WITHIN_MS // 1_000} s" in bounds["idle connections"]
    assert f"{server.OPEN_MAX:,}" in bounds["many connections"]
    assert f"{server.BACKLOG:,}" in bounds["many connections"]


def test_the_times_of_a_stop_are_those_it_takes():
    drain_s = WebSettings.model_fields["DRAIN_S"].default

    for sentence in (
        f"`DRAIN_S` ({drain_s:g} s)",
        f"{server.FINISH_WITHIN_S} s to finish",
        f"{GRACE_S:g} s",
        f"{server.RELOAD_AFTER_S:g} s after",
    ):
        assert sentence in OPERATIONS


def test_the_examples_of_compose_are_the_defaults():
    """Of .env.example, where compose.yaml names no other."""
    compose = (ROOT / "compose.yaml").read_text("utf-8")
    fallbacks = dict(re.findall(r"\$\{(\w+):-([^}]+)\}", compose))
    of_settings = {
        name: str(int(field.default) if isinstance(field.default, bool) else field.default)
        for kind in ALL_SETTINGS
        for name, field in kind.model_fields.items()
        if not field.is_required()
    }
    example = (ROOT / ".env.example").read_text("utf-8")
    values = dict(re.findall(r"^#(\w+)=([\w.:/,]+)$", example, flags=re.MULTILINE))
    limits = {name: value for name, value in values.items() if name not in ("SITE_ADDRESS",)}

    assert "ADDRESS_REQUESTS_MAX" in limits
    for name, value in limits.items():
        if of_settings.get(name) != "":  # others have no default
            assert value == fallbacks.get(name) or value == of_settings[name], name


def test_the_steps_that_replace_a_secret_are_accepted_by_the_processes_of_the_step_before():
    _, _, steps = CONFIGURATION.partition("\nTo rotate ")
    documented = re.findall(r"^\d\. Set `([A-Z,]+)`", steps, flags=re.MULTILINE)
    in_use = [step.split(",") for step in ["OLD", *documented]]

    assert in_use[-1] == ["NEW"]
    for before, after in pairwise(in_use):
        assert before[0] in after, f"{after} refuses what {before} signed"
        assert after[0] in before, f"{before} refuses what {after} signed"


def test_the_commands_of_compose_upgrade_in_the_documented_order():
    upgrading = (ROOT / "UPGRADING.md").read_text("utf-8")
    order = re.search(r"^4\. Replace `(\w+)`, then `(\w+)`, then `(\w+)`", upgrading, re.MULTILINE)
    assert order
    _, _, commands = OPERATIONS.partition("With `compose.yaml`, replace the containers")
    ups = re.findall(r"^docker compose up .*?(worker|admitter|web)\b", commands, re.MULTILINE)

    assert ups[:3] == list(order.groups())
