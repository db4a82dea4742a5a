"""Metrics: the rooms' counts as Prometheus text, the same whichever process is asked."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from waitroom.errors import NoSuchRoom
from waitroom.figures import Figures
from web.parts import parts_of
from web.problems import documented

router = APIRouter(tags=["health"])

_GAUGES = {
    "waiting": "members waiting in line",
    "under_way": "members admitted without an outcome yet",
    "remain_count": "coupons that remain",
    "rate_per_s": "admissions a second asked for",
    "rate_in_force_per_s": "the same, or on autopilot what it has found",
    "admitted_per_s": "admissions a second over the last 10 s",
    "issued_per_s": "coupons issued a second over the last 10 s",
}
_COUNTERS = {
    "entered": "members who took a place in line",
    "admitted": "members let through",
    "issued": "members told of their coupon",
    "refused": "members refused after admission",
    "left": "members who gave up their place",
    "turned_away": "members refused at the door",
}


class Rooms(Collector):
    """Figures already read, as metrics labelled by room."""

    def __init__(self, figures: dict[str, Figures]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        for name, words in _GAUGES.items():
            gauge = GaugeMetricFamily(f"waitroom_{name}", words, labels=["room"])
            for code, figures in self._figures.items():
                gauge.add_metric([code], getattr(figures, name))
            yield gauge
        for name, words in _COUNTERS.items():
            counter = CounterMetricFamily(f"waitroom_{name}", words, labels=["room"])
            for code, figures in self._figures.items():
                counter.add_metric([code], getattr(figures, name))
            yield counter


@router.get("/metrics", response_class=Response, responses=documented("unavailable"))
async def metrics(request: Request) -> Response:
    """Counts of every room, for Prometheus. They come from Redis, so any process tells them all."""
    line = parts_of(request).line
    figures = {}
    for code in await line.codes():
        try:
            figures[code] = await line.figures(code)
        except NoSuchRoom:
            continue
    registry = CollectorRegistry()
    registry.register(Rooms(figures))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
