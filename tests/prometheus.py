"""Lints metrics by Prometheus' rules, in Python; and by promtool if it is installed.

After promlint of Prometheus (`util/promlint`), and https://prometheus.io/docs/practices/naming/.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

PROMTOOL = shutil.which("promtool")
# Units that are not base units, and short names of units.
_OTHER_UNITS = {
    "milliseconds", "microseconds", "nanoseconds", "minutes", "hours", "days", "kilobytes",
    "megabytes", "gigabytes", "bits", "percent", "fahrenheit", "milligrams", "kilograms",
    "s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "m", "h", "d",
}  # fmt: skip
_OF_HISTOGRAMS = {"count", "sum", "bucket"}
_TYPES = {"gauge", "counter", "histogram", "summary"}


def faults_of(text: str) -> list[str]:
    """A sentence for each broken convention in this exposition."""
    families = list(text_string_to_metric_families(text))
    names = [family.name for family in families]
    found = [f"{name} comes twice" for name in set(names) if names.count(name) > 1]
    for family in families:
        found += _faults(family.name, family.type, family.documentation)
        if family.type == "counter":
            ends = {sample.name for sample in family.samples}
            found += [f"{end} does not end in _total" for end in ends if not end.endswith("_total")]
        if family.type == "histogram":
            found += _faults_of_histogram(family)
    return found


def _faults(name: str, type_: str, words: str) -> Iterator[str]:
    if not re.fullmatch(r"waitroom_[a-z][a-z0-9_]*", name) or "__" in name:
        yield f"{name} is not ours, or not in snake case"
    if type_ not in _TYPES:
        yield f"{name} has no TYPE, or none of ours: {type_}"
    if not words.strip():
        yield f"{name} has no HELP"
    parts = set(name.split("_"))
    if parts & _OTHER_UNITS:
        yield f"{name} is in {parts & _OTHER_UNITS}, not in a base unit that is written out"
    last = name.rpartition("_")[2]
    if type_ != "counter" and last == "total":
        yield f"{name} ends as a counter does"
    if type_ != "histogram" and last in _OF_HISTOGRAMS:
        yield f"{name} ends as a part of a histogram does"
    if parts & _TYPES:
        yield f"{name} names its type"


def _faults_of_histogram(family: object) -> Iterator[str]:
    """Buckets must grow and end with +Inf, whose value must equal the count."""
    series: dict[tuple[str, ...], dict[str, list[float]]] = {}
    for sample in family.samples:  # type: ignore[attr-defined]
        key = tuple(f"{k}={v}" for k, v in sorted(sample.labels.items()) if k != "le")
        part = sample.name.rpartition("_")[2]
        series.setdefault(key, {}).setdefault(part, []).append(sample.value)
        if part == "bucket":
            series[key].setdefault("le", []).append(float(sample.labels["le"]))
    for key, parts in series.items():
        if parts["le"] != sorted(parts["le"]) or parts["le"][-1] != float("inf"):
            yield f"{key}: buckets {parts['le']}"
        if parts["bucket"] != sorted(parts["bucket"]) or parts["bucket"][-1] != parts["count"][0]:
            yield f"{key}: counts {parts['bucket']} of {parts['count']}"


def promtool(*words: str, text: str | None = None, cwd: Path | None = None) -> str:
    """Run promtool. Returns its output (empty without promtool); fails if it finds a fault."""
    if PROMTOOL is None:
        return ""
    done = subprocess.run([PROMTOOL, *words], input=text, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
