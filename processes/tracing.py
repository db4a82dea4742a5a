"""Tracing: OpenTelemetry spans that connect web, admitter and worker, if an endpoint is set.

OpenTelemetry (the extra `otel`) is imported only then, and reads its other settings (sampler,
headers, delays) from its own variables. Redis keeps the traceparent of a member's request beside
their place. The batch and the transaction that issue to them have links to it: a batch belongs to
many traces, so it is part of none (OpenTelemetry, "Links between spans"). No attribute names a
member.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from processes.settings.reader import BadSettings

if TYPE_CHECKING:
    from opentelemetry.trace import Span

LINKS_MAX = 5_000  # the most members of a batch


def open_tracing(endpoint: str, process: str) -> Tracing | None:
    """None without an endpoint. Raises BadSettings if OpenTelemetry is not installed."""
    if not endpoint:
        return None
    try:
        return Tracing(process)
    except ImportError as error:
        raise BadSettings(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed: run "
            f"{sys.executable} -m pip install opentelemetry-sdk "
            "opentelemetry-exporter-otlp-proto-http, or unset it."
        ) from error


class Tracing:
    """The tracer of one process. `close` sends the remaining spans."""

    def __init__(self, process: str) -> None:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import SpanLimits, TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._trace = trace
        self._propagator = TraceContextTextMapPropagator()
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": f"waitroom-{process}"}),
            span_limits=SpanLimits(max_links=LINKS_MAX),
            shutdown_on_exit=False,  # forked server processes don't run exit handlers
        )
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("waitroom")

    def begin(self, traceparent: str) -> RequestSpan:
        """Start the span of a web request, as part of the caller's trace."""
        span = self._tracer.start_span(
            "request", context=self._context(traceparent), kind=self._trace.SpanKind.SERVER
        )
        return RequestSpan(span, self.to_traceparent(span))

    @contextmanager
    def batch(
        self, name: str, traceparent: str, origins: Sequence[str], attributes: Mapping[str, Any]
    ) -> Iterator[str]:
        """A span around a batch, linked to its members' requests; yields its traceparent.

        traceparent: of the parent span, or empty. origins: as `waitroom.request_ids` keeps them.
        """
        contexts = (self._span_context(origin.partition(" ")[2]) for origin in origins)
        with self._tracer.start_as_current_span(
            name,
            context=self._context(traceparent),
            links=[self._trace.Link(one) for one in contexts if one.is_valid],
            attributes=dict(attributes),
        ) as span:
            yield self.to_traceparent(span)

    def to_traceparent(self, span: Span) -> str:
        context = span.get_span_context()
        if not context.trace_flags.sampled:
            return ""
        carrier: dict[str, str] = {}
        self._propagator.inject(carrier, self._trace.set_span_in_context(span))
        return carrier.get("traceparent", "")

    def close(self) -> None:
        self._provider.shutdown()

    def _context(self, traceparent: str) -> Any:
        return self._propagator.extract({"traceparent": traceparent})

    def _span_context(self, traceparent: str) -> Any:
        return self._trace.get_current_span(self._context(traceparent)).get_span_context()


class RequestSpan:
    """The span of one request, as `web.middleware.tracing` expects it."""

    def __init__(self, span: Span, traceparent: str) -> None:
        self._span = span
        self.traceparent = traceparent

    def end(self, method: str, route: str, status: int, room: str) -> None:
        # Names as in OpenTelemetry's semantic conventions for HTTP spans.
        self._span.update_name(f"{method} {route}")
        attributes: dict[str, str | int] = {
            "http.request.method": method,
            "http.route": route,
            "http.response.status_code": status,
        }
        self._span.set_attributes(attributes | ({"waitroom.room": room} if room else {}))
        self._span.end()
