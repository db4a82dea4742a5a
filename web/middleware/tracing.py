"""Tracing: what the web asks of whoever traces requests; without one, nothing of it happens."""

from __future__ import annotations

from typing import Protocol


class RequestSpan(Protocol):
    """A request under way."""

    @property
    def traceparent(self) -> str:
        """By which others join it (W3C Trace Context); empty where it is not sampled."""

    def end(self, method: str, route: str, status: int, room: str) -> None:
        """Its answer begins. route: as in the framework; room: its code, or empty."""


class Tracing(Protocol):
    def begin(self, traceparent: str) -> RequestSpan:
        """A request was read; traceparent: as it was sent, or empty."""


def make_origin(request_id: str, span: RequestSpan | None) -> str:
    """By what a member who enters with this request is followed: its id, and its span if any."""
    return f"{request_id} {span.traceparent}".rstrip() if span else request_id
