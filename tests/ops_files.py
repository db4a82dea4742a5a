"""Reads which metrics the files for Prometheus and Grafana, and docs/metrics.md, use."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

DOCS = Path(__file__).parent.parent / "docs"
PROMETHEUS = DOCS / "ops" / "prometheus"
DASHBOARD: dict[str, Any] = json.loads((DOCS / "ops" / "grafana" / "waitroom.json").read_text())
PAGE = (DOCS / "metrics.md").read_text()
ALERTS: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]


def expressions() -> Iterator[tuple[str, str]]:
    """Each alert, panel or variable with its expression."""
    for alert in ALERTS:
        yield alert["alert"], alert["expr"]
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["name"], variable["definition"]


def metrics_in(expression: str) -> set[str]:
    """Names of samples, such as `waitroom_entered_total` or `..._bucket`."""
    return set(re.findall(r"\bwaitroom_\w+", expression))


def labels_in(expression: str) -> set[str]:
    """Labels in matchers and in groupings."""
    matched = re.findall(r"[{,]\s*(\w+)\s*(?:=~|!=|!~|=)", expression)
    grouped = re.findall(r"\b(?:by|on|without)\s*\(([^)]*)\)", expression)
    return set(matched) | {word.strip() for one in grouped for word in one.split(",")}


def documented() -> set[str]:
    """Names of samples or families in the tables of metrics."""
    return set(re.findall(r"^\| `(waitroom_\w+)`", PAGE, flags=re.MULTILINE))


def sample_names(name: str, type_: str) -> set[str]:
    """The names of a metric's samples."""
    if type_ == "histogram":
        return {f"{name}_{part}" for part in ("bucket", "sum", "count")}
    return {f"{name}_total"} if type_ == "counter" else {name}
