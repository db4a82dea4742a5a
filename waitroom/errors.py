"""The line's exceptions, by what the caller can do about them."""

from __future__ import annotations


class LineError(Exception):
    """Something is wrong with the line."""


class LineAway(LineError):
    """The line can’t be reached right now. Try again in a moment; places are kept."""


class LineBusy(LineError):
    """Too many people are here at once. Try again in a moment."""


class NoSuchRoom(LineError):
    """There is no such room."""


class NotYourTurn(LineError):
    """It’s not your turn yet."""
