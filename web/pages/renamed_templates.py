"""Finds templates by the previous release's names, for one more release.

A shop may have replaced a template under its old name, or extend one. Both still work, and are
logged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog
from jinja2 import BaseLoader, ChoiceLoader, Environment, TemplateNotFound

log = structlog.get_logger(__name__)

# New names by old ones.
RENAMED = {
    "_turn.html": "_notifications.html",
    "_words.html": "_macros.html",
    "admin/_hand.html": "admin/_room_controls.html",
    "me.html": "my_coupons.html",
}
_OLD_NAMES = {new: old for old, new in RENAMED.items()}

Source = tuple[str, str | None, Callable[[], bool] | None]


def with_old_replacements(loader: BaseLoader) -> BaseLoader:
    """The shop's templates, which may replace a renamed template under its old name."""
    return ChoiceLoader([loader, _AliasLoader(loader, _OLD_NAMES)])


def with_old_names(loader: BaseLoader) -> BaseLoader:
    """The shipped templates, which a shop's template may extend by their old names."""
    return ChoiceLoader([loader, _AliasLoader(loader, RENAMED)])


class _AliasLoader(BaseLoader):
    """Finds a template by its alias, and logs the name to use."""

    def __init__(self, loader: BaseLoader, aliases: Mapping[str, str]) -> None:
        self._loader, self._aliases = loader, aliases

    def get_source(self, environment: Environment, template: str) -> Source:
        if template not in self._aliases:
            raise TemplateNotFound(template)
        alias = self._aliases[template]
        found = self._loader.get_source(environment, alias)
        old, new = (template, alias) if template in RENAMED else (alias, template)
        log.warning("template has an old name, which the next release drops", old=old, new=new)
        return found
