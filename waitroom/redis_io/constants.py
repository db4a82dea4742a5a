"""Constants that Python and Lua share: they stand before each script that uses them."""

from __future__ import annotations

from domain.draw import NUMBERS

# Below are numbers of a draw, above arrivals in microseconds.
DRAWN_BELOW = NUMBERS
# Seconds that the ring of the meter holds.
METER_SLOTS = 1024
# A step n of a histogram holds what took at most STEP_FIRST_US * 2^(n / STEPS_AN_OCTAVE); the last
# one, some five days.
STEP_FIRST_US = 100
STEPS_AN_OCTAVE = 4
STEP_MAX = 128
# A pace says nothing about now when nobody was let through for so long and so many people's time:
# the admitter may be away, or what it feeds.
PACE_LOST_AFTER_S = 5
PACE_LOST_AFTER_PEOPLE = 2
# The autopilot's decisions that are kept.
DECISIONS_MAX = 900

LUA_CONSTANTS: dict[str, int] = {
    name: value for name, value in list(globals().items()) if name.isupper() and name != "NUMBERS"
}
