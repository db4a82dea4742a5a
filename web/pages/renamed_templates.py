"""Templates under the names that the release before gave them: found for one more release.

A shop may have replaced a template by its old name, or build on one. Both go on, and are logged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog
from jinja2 import BaseLoader, ChoiceLoader, Environment, TemplateNotFound

log = structlog.get_logger(__name__)

# The name that it has now, by the one that it had.
RENAMED = {
    "_turn.html": "_notifications.html",
    "_words.html": "_macros.html",
    "admin/_hand.html": "admin/_room_controls.html",
    "me.html": "my_coupons.html",
}
_OLD_NAMES = {new: old for old, new in RENAMED.items()}

Source = tuple[str, str | None, Callable[[], bool] | None]


def with_old_replacements(loader: BaseLoader) -> BaseLoader:
    """A shop's templates: one that replaces a renamed template may have its old name."""
    return ChoiceLoader([loader, _AliasLoader(loader, _OLD_NAMES)])


def with_old_names(loader: BaseLoader) -> BaseLoader:
    """The shipped templates: a shop's template may build on one by its old name too."""
    return ChoiceLoader([loader, _AliasLoader(loader, RENAMED)])


class _AliasLoader(BaseLoader):
    """Finds a template under another name of it, and logs which name to use."""

    def __init__(self, loader: BaseLoader, aliases: Mapping[str, str]) -> None:
        self._loader, self._aliases = loader, aliases

    def get_source(self, environment: Environment, template: str) -> Source:
        if template not in self._aliases:
            raise TemplateNotFound(template)
        alias = self._aliases[template]
        found = self._loader.get_source(environment, alias)
        old, new = (template, alias) if template in RENAMED else (alias, template)
        log.warning("a template's old name is used, which the next release drops", old=old, new=new)
        return found
