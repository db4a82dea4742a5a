"""FragmentCache: the fragments of one room in one language, as streams send them.

Rendering `_place.html` takes 0.2 ms, which for 15,000 open pages is three seconds per interval. So
it is rendered once for each shape of a waiting place, and then filled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jinja2 import Template

from web.pages.member.page_cache import FRAGMENT, WAITING_STATES
from web.pages.member.place_view import TEXT_FIELDS, TEXTS, PlaceView
from web.pages.page_template import FilledPage, find_page

_LINE = re.compile(r"\s*\n\s*")


class FragmentCache:
    """context: the template's variables besides the place."""

    def __init__(self, template: Template, **context: Any) -> None:
        self._template = template
        self._context = context
        self._ready: dict[tuple[object, ...], FilledPage | None] = {}

    def html(self, view: PlaceView) -> str:
        """The fragment for a place of this room."""
        if view.state not in WAITING_STATES:
            return self._rendered(view)

        def render(texts: Mapping[str, str]) -> str:
            marks: dict[str, Any] = {**texts}
            # One line makes the shortest event; in HTML a line break equals a space.
            return _LINE.sub(" ", self._rendered(view._replace(**marks)))

        fields: tuple[Any, ...] = view
        texts = fields[TEXT_FIELDS]
        page = find_page(self._ready, (FRAGMENT, view.shape), render, TEXTS, texts)
        return page.html(texts) if page else self._rendered(view)

    def _rendered(self, view: PlaceView) -> str:
        return self._template.render(place=view, **self._context).strip()
