"""Alerts and dashboard ask for what there is, and the page about them leaves nothing out."""

import re

from issuance.postgres.connection_stats import ConnectionCounts
from issuance.queue.job_queue import QueueStatus
from tests.ops_files import (
    ALERTS,
    DASHBOARD,
    PAGE,
    PROMETHEUS,
    documented,
    expressions,
    labels_in,
    metrics_in,
    sample_names,
)
from tests.prometheus import promtool
from web.metrics.clocks import ClockMetrics
from web.metrics.http import HttpMetrics
from web.metrics.office import OfficeMetrics, OfficeSnapshot
from web.metrics.rooms import RoomMetrics
from web.metrics.unacknowledged import UnacknowledgedMetrics
from web.middleware.access_log import Total

OFFICE = OfficeSnapshot(True, ConnectionCounts(1, 1, 0), QueueStatus(1, 1, 0), 7)
FAMILIES = [
    family
    for collector in (
        RoomMetrics({}),
        OfficeMetrics(OFFICE),
        ClockMetrics({}),
        HttpMetrics(Total([], 0, 1), 1),
        UnacknowledgedMetrics(None),
    )
    for family in collector.collect()
]
SAMPLES = {
    name: {*family._labelnames, "le"} if family.type == "histogram" else {*family._labelnames}
    for family in FAMILIES
    for name in sample_names(family.name, family.type)
}
# Of every target, by Prometheus itself.
OF_PROMETHEUS = {"job", "instance"}


def test_every_metric_and_label_that_is_asked_for_exists():
    for where, expression in expressions():
        named = metrics_in(expression)
        known = OF_PROMETHEUS.union(*(SAMPLES.get(name, set()) for name in named))

        assert named <= SAMPLES.keys(), where
        assert labels_in(expression) <= known, where
        assert named or "up{" in expression, where


def test_the_page_has_every_metric_and_no_other():
    families = {f"{one.name}_total" if one.type == "counter" else one.name for one in FAMILIES}

    assert documented() == families


def test_every_metric_is_drawn_but_for_those_that_say_when():
    drawn = set().union(*(metrics_in(expression) for _, expression in expressions()))
    left_out = [one.name for one in FAMILIES if not drawn & sample_names(one.name, one.type)]

    assert left_out == [
        "waitroom_under_way",  # as the release before named `waitroom_seats_in_use`
        "waitroom_opens_timestamp_seconds",
        "waitroom_reconcile_timestamp_seconds",
    ]


def test_every_alert_says_what_it_means_and_what_to_do():
    rows = re.findall(r"^\| `(Waitroom\w+)` \| ([^|]+) \| ([^|]+) \|$", PAGE, flags=re.MULTILINE)

    assert [alert["alert"] for alert in ALERTS] == [name for name, _, _ in rows]
    assert all(alert["labels"]["severity"] in ("critical", "warning") for alert in ALERTS)
    assert all(alert["annotations"]["summary"] for alert in ALERTS)


def test_the_alerts_fire_when_they_should_and_not_else():
    promtool("check", "rules", "alerts.yml", cwd=PROMETHEUS)
    promtool("check", "config", "prometheus.yml", cwd=PROMETHEUS)
    promtool("test", "rules", "alerts_test.yml", cwd=PROMETHEUS)

    names = {alert["alert"] for alert in ALERTS}
    tested = set(re.findall(r"alertname: (\w+)", (PROMETHEUS / "alerts_test.yml").read_text()))
    assert tested <= names
    assert {"WaitroomLineStandsStill", "WaitroomNobodyAdmits", "WaitroomRedisAway"} <= tested


def test_a_dashboards_panels_lie_side_by_side_and_each_shows_something():
    panels = DASHBOARD["panels"]
    cells = [
        (x, y)
        for panel in panels
        for at in [panel["gridPos"]]
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]

    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len(cells) == len(set(cells))
    assert all(x < 24 for x, _ in cells)
    assert all(panel.get("targets") for panel in panels if panel["type"] != "row")
