"""FragmentCache: renders `_place.html` once for each shape of a place, and fills in the texts.

Rendering takes 0.2 ms, which for 15,000 open pages is three seconds per interval. Between two
waiting members only the texts differ. So the template is rendered once with marks in place of the
texts, and split at the marks. The result is compared with a full rendering, and not used if they
differ: a shop's template may compute with a text.
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
# The few flags of a place give fewer shapes than this; each takes some kB.
SHAPES_MAX = 500
# The states of a crowd; the others are short, and seen once per member.
_READY = frozenset(phase.word for phase in PLACE_PHASES if phase.state == "waiting")
_FILLED = ("room", *TEXTS)
# Marks of private-use characters, which no text has and which escaping keeps.
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
        """The fragment for this place. context: the template's other variables."""
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
        """The function that fills the texts in; None where the template computes with a text."""
        marks: dict[str, Any] = {
            name: f"\ue000{number}\ue001"
            for number, name in enumerate(_FILLED)
            if getattr(view, name)
        }
        try:
            pieces = _MARK.split(self._rendered(view._replace(**marks), context))
        except Exception as error:  # a shop's template may raise anything
            log.info("place template can't be cached: it computes with its texts", why=error)
            return None
        if _filling(pieces)(view) != self._rendered(view, context):
            return None
        # One line makes the shortest event; in HTML a line break equals a space.
        return _filling([_LINE.sub(" ", piece) for piece in pieces])


def _filling(pieces: list[str]) -> Fill:
    """pieces: literals alternating with indexes of texts."""
    literals, names = pieces[::2], [_FILLED[int(number)] for number in pieces[1::2]]
    frame = "%s".join(literal.replace("%", "%%") for literal in literals)
    texts_of = attrgetter("room", "room", *names)  # with fewer than two names it returns no tuple

    def fill(view: PlaceView) -> str:
        texts: tuple[str, ...] = texts_of(view)[2:]
        # The search takes a tenth of the time of escaping, which is rarely needed.
        if _SPECIAL.search("".join(texts)):
            texts = tuple(str(escape(text)) for text in texts)
        return frame % texts

    return fill


@cache
def get_fragment_cache(language: Language, templates_dir: str) -> FragmentCache:
    return FragmentCache(environment(language, templates_dir).get_template(TEMPLATE))
