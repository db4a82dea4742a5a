"""Fragments: `_place.html` made ready once for each shape of a place, and filled for a crowd.

Rendering takes a fifth of a millisecond, which for 15,000 open pages is three seconds a beat. But
between two people who wait only the texts differ: so the template is rendered once with marks in
their stead, and cut at the marks. What comes out is what the template would have given, or else it
is not used: a template of somebody's own may compute with what we take for a text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

import structlog
from jinja2 import Template
from markupsafe import escape

from domain.phase import PLACE_PHASES
from web.i18n import Language
from web.pages.member.place_view import TEXTS, PlaceView
from web.pages.render import environment

log = structlog.get_logger(__name__)

TEMPLATE = "_place.html"
# A place has a few flags: more shapes than this have never been seen, and each takes some kB.
SHAPES_MAX = 500
# A crowd is in these; in the others one is once, and shortly.
_READY = frozenset(phase.word for phase in PLACE_PHASES if phase.state == "waiting")
_FILLED = ("room", *TEXTS)
# Letters that no text of ours has, and that escaping leaves alone.
_SPECIAL = re.compile("[&<>\"']")
_LINE = re.compile(r"\s*\n\s*")
_MARK = re.compile("\ue000(\\d+)\ue001")

Fill = Callable[[PlaceView], str]


class FragmentCache:
    """The fragments of one language and one set of templates."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self._ready: dict[tuple[object, ...], Fill | None] = {}

    def html(self, view: PlaceView, **context: Any) -> str:
        """What the template gives for this place. `context` is what else it may be shown."""
        if view.state not in _READY:
            return self._rendered(view, context)
        shape = view.shape
        if shape not in self._ready:
            if len(self._ready) >= SHAPES_MAX:
                self._ready.clear()
            self._ready[shape] = self._made_ready(view, context)
        fill = self._ready[shape]
        return fill(view) if fill else self._rendered(view, context)

    def _rendered(self, view: PlaceView, context: dict[str, Any]) -> str:
        return self._template.render(place=view, **context).strip()

    def _made_ready(self, view: PlaceView, context: dict[str, Any]) -> Fill | None:
        """None where the template does more with a text than to print it."""
        marks: dict[str, Any] = {
            name: f"\ue000{number}\ue001"
            for number, name in enumerate(_FILLED)
            if getattr(view, name)
        }
        try:
            pieces = _MARK.split(self._rendered(view._replace(**marks), context))
        except Exception as error:  # it is somebody's template: whatever it may raise
            log.info(
                "a place's template computes with its texts; rendering it each time", why=error
            )
            return None
        if _filling(pieces)(view) != self._rendered(view, context):
            return None
        # An event of one line is the shortest; HTML doesn't tell a line's end from a space.
        return _filling([_LINE.sub(" ", piece) for piece in pieces])


def _filling(pieces: list[str]) -> Fill:
    """`pieces` are literals, and between them numbers of texts."""
    literals, names = pieces[::2], [_FILLED[int(number)] for number in pieces[1::2]]
    frame = "%s".join(literal.replace("%", "%%") for literal in literals)
    texts_of = attrgetter("room", "room", *names)  # of fewer than two it gives no tuple

    def fill(view: PlaceView) -> str:
        texts: tuple[str, ...] = texts_of(view)[2:]
        # To look is a tenth of the work of escaping, and next to none needs it.
        if _SPECIAL.search("".join(texts)):
            texts = tuple(str(escape(text)) for text in texts)
        return frame % texts

    return fill


@cache
def get_fragment_cache(language: Language, templates_dir: str) -> FragmentCache:
    return FragmentCache(environment(language, templates_dir).get_template(TEMPLATE))
