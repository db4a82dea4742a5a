"""Colours: adapts a room's accent colour so that its text has enough contrast.

Luminance and contrast are those of WCAG 2.2 (relative luminance; success criterion 1.4.3).
"""

from __future__ import annotations

from functools import lru_cache

CONTRAST_MIN = 4.5
# The backgrounds of an accent in both schemes, as in static/app.css.
_GROUNDS = {"light": ("#edf2ef", "#ffffff"), "dark": ("#0e1512", "#1a2521")}
_INKS = ("#ffffff", "#0b120f")
_STEP = 0.04
_DEEPER = 0.14


@lru_cache(maxsize=256)
def brand_css(colour: str) -> str:
    """The style sheet that gives a page the accent `colour` (#rrggbb), in both colour schemes."""
    light, dark = _declared(colour, "light"), _declared(colour, "dark")
    return f":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def readable_colour(colour: str, scheme: str) -> str:
    """The colour, moved towards black or white until it contrasts with the scheme's backgrounds."""
    towards = "#000000" if scheme == "light" else "#ffffff"
    shade, step = colour, 0.0
    while min(contrast(shade, ground) for ground in _GROUNDS[scheme]) < CONTRAST_MIN:
        step += _STEP
        shade = _mixed(colour, towards, min(step, 1.0))
    return shade


def _declared(colour: str, scheme: str) -> str:
    accent = readable_colour(colour, scheme)
    ink = max(_INKS, key=lambda one: contrast(one, accent))
    # Away from the ink, so that text on it stays readable.
    deeper = _mixed(accent, "#000000" if ink == _INKS[0] else "#ffffff", _DEEPER)
    return f"--accent:{accent};--accent-deep:{deeper};--on-accent:{ink}"


def _mixed(colour: str, other: str, share: float) -> str:
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * share):02x}" for one, two in pairs)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    def linear(channel: int) -> float:
        value = channel / 255
        return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)

    red, green, blue = map(linear, _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
