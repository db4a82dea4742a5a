"""Errors of plans, by what the caller can do about them."""

from __future__ import annotations

from issuance.errors import OfficeError


class NoRoomWithCode(OfficeError):
    """There is no room with this code."""


class NotOver(OfficeError):
    """This room is not over yet. Close it first, then archive it."""


class RehearsalIsFixed(OfficeError):
    """This is a rehearsal. Publish, clone or rehearse the room itself."""
