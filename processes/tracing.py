"""Tracing: spans that join web, admitter and worker, sent by OTLP where it is asked for.

OpenTelemetry's traces are imported only then; they are the extra `otel`. What is not read here
(sampler, headers, delays) it reads from its own variables itself. A member's span in the web is
carried beside their place; the batch they are fed in is linked to it, and so is the transaction
that issues to them: one batch is of many traces, so it is part of none (OpenTelemetry, "Links
between spans"). No attribute names a member.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from processes.settings.reader import BadSettings

if TYPE_CHECKING:
    from opentelemetry.trace import Span

LINKS_MAX = 5_000  # as many as a batch has members


def open_tracing(endpoint: str, process: str) -> Tracing | None:
    """None without an endpoint. Raises BadSettings where OpenTelemetry is not installed."""
    if not endpoint:
        return None
    try:
        return Tracing(process)
    except ImportError as error:
        raise BadSettings(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed: "
            "pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http"
        ) from error


class Tracing:
    """Of one process. Close it at the end: what was not sent yet is sent then."""

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
            shutdown_on_exit=False,  # processes that the server forks have no such exit
        )
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("waitroom")

    def begin(self, traceparent: str) -> RequestSpan:
        """A request to the web; part of the trace that it was sent with."""
        span = self._tracer.start_span(
            "request", context=self._context(traceparent), kind=self._trace.SpanKind.SERVER
        )
        return RequestSpan(span, self.to_traceparent(span))

    @contextmanager
    def batch(
        self, name: str, traceparent: str, origins: Sequence[str], attributes: Mapping[str, Any]
    ) -> Iterator[str]:
        """A span around what is done for many, linked to their requests; gives its traceparent.

        traceparent: of what caused it, or empty. origins: as `waitroom.request_ids` keeps them.
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
    """As `web.middleware.tracing` wants it."""

    def __init__(self, span: Span, traceparent: str) -> None:
        self._span = span
        self.traceparent = traceparent

    def end(self, method: str, route: str, status: int, room: str) -> None:
        # Names as in OpenTelemetry's semantic conventions for HTTP spans.
        self._span.update_name(f"{method} {route}")
        said: dict[str, str | int] = {
            "http.request.method": method,
            "http.route": route,
            "http.response.status_code": status,
        }
        self._span.set_attributes(said | ({"waitroom.room": room} if room else {}))
        self._span.end()
