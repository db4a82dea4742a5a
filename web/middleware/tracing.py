"""Tracing: the interface that traces requests, which `processes.tracing` implements."""

from __future__ import annotations

from typing import Protocol


class RequestSpan(Protocol):
    """The span of a request in progress."""

    @property
    def traceparent(self) -> str:
        """The header that links further spans (W3C Trace Context); "" where it is not sampled."""

    def end(self, method: str, route: str, status: int, room: str) -> None:
        """End the span as the answer starts. route: its path template; room: its code, or ""."""


class Tracing(Protocol):
    def begin(self, traceparent: str) -> RequestSpan:
        """Begin a request's span. traceparent: the request's header, or ""."""


def make_origin(request_id: str, span: RequestSpan | None) -> str:
    """The text that links a member to the request that entered: its id, and its span if any."""
    return f"{request_id} {span.traceparent}".rstrip() if span else request_id
