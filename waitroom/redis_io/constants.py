"""Constants that Python and Lua share; `scripts.py` puts them before each script that uses them."""

from __future__ import annotations

from domain.draw import NUMBERS

# A score below this is a draw's number, above it an arrival in microseconds.
DRAWN_BELOW = NUMBERS
# Seconds in the meter's ring.
METER_SLOTS = 1024
# Histogram step n holds durations up to STEP_FIRST_US * 2^(n / STEPS_AN_OCTAVE); the last step
# reaches five days.
STEP_FIRST_US = 100
STEPS_AN_OCTAVE = 4
STEP_MAX = 128
# The measured pace is stale when nobody was admitted for PACE_LOST_AFTER_S plus the time of
# PACE_LOST_AFTER_PEOPLE members: the admitter or the destination may be down.
PACE_LOST_AFTER_S = 5
PACE_LOST_AFTER_PEOPLE = 2
# How many of the autopilot's decisions Redis keeps.
DECISIONS_MAX = 900

LUA_CONSTANTS: dict[str, int] = {
    name: value for name, value in list(globals().items()) if name.isupper() and name != "NUMBERS"
}
