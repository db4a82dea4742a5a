"""Rehearsal: the bounds of a hidden copy of a room, with which admins try it."""

from __future__ import annotations

from datetime import timedelta

# It ends by itself, if nobody ends it.
REHEARSAL_MAX = timedelta(hours=24)
OPENS_IN_S_DEFAULT, OPENS_IN_S_MAX = 60, 3600
# Of a code that nobody can guess.
REHEARSAL_CODE_BYTES = 12
