"""InvalidValue: names the field, the rule it breaks and the bounds, as data for pages and CLI.

And the checks of text that fields of several kinds share.
"""

from __future__ import annotations

import unicodedata
from typing import Literal, get_args

Rule = Literal[
    "range",
    "above",
    "at_most",
    "at_most_field",
    "at_least_given_out",
    "choice",
    "length",
    "length_at_most",
    "no_control_characters",
    "code",
    "time_zone",
    "years",
    "before",
    "percentage",
    "amount",
    "only_with_percentage",
    "colour",
    "picture_size",
    "picture_type",
    "fixed_since",
    "host",
    "of_site",
    "address",
    "entries_at_most",
    "while_open",
    "in_order",
    "in_future",
    "needs_line",
]
RULES: tuple[Rule, ...] = get_args(Rule)
# Follows the field's name. Message ids: each language has them in its catalogue.
SENTENCES: dict[Rule, str] = {
    "range": "must be from %(least)s to %(most)s, got %(got)s",
    "above": "must be above %(least)s and at most %(most)s, got %(got)s",
    "at_most": "must be at most %(most)s, got %(got)s",
    "at_most_field": "must be at most %(other)s (%(most)s), got %(got)s",
    "at_least_given_out": "must be at least %(least)s, the number already issued, got %(got)s",
    "choice": "must be one of %(choices)s, got “%(got)s”",
    "length": "must be %(least)s to %(most)s characters",
    "length_at_most": "must be at most %(most)s characters, got %(got)s",
    "no_control_characters": "must not contain control characters",
    "code": (
        "must be 1 to %(most)s characters of a-z 0-9 _ -, beginning with a letter or digit, got "
        "“%(got)s”"
    ),
    "time_zone": "needs a time zone, got %(got)s",
    "years": "must be in the years %(least)s to %(most)s",
    "before": "must come before %(other)s (%(most)s), got %(got)s",
    "percentage": "must be a percentage from %(least)s to %(most)s, got %(got)s",
    "amount": "must be an amount from %(least)s to %(most)s, got %(got)s",
    "only_with_percentage": "applies only to a percentage discount",
    "colour": "must look like #0c6a56, got “%(got)s”",
    "picture_size": "must be from %(least)s to %(most)s bytes, got %(got)s",
    "picture_type": "must be a PNG, JPEG or WebP image",
    "host": "must look like shop.example or http://localhost:8080, got “%(got)s”",
    "of_site": "must be an address of %(hosts)s, got “%(got)s”",
    "address": (
        "must be an http:// or https:// address without spaces, a password or a parameter "
        "“coupon”, got “%(got)s”"
    ),
    "entries_at_most": "must have at most %(most)s entries, got %(got)s",
    "while_open": "must be while the room is open, from %(least)s to before %(most)s, got %(got)s",
    "in_order": "must be in order of time, each time once, got %(got)s",
    "in_future": "must be in the future, got %(got)s",
    "needs_line": "needs a coupon that is issued through its line",
    "fixed_since": "can’t be changed any more: the lobby opened at %(since)s UTC",
}
assert SENTENCES.keys() == set(RULES)

Bound = str | int | float


class InvalidValue(ValueError):
    """`field` breaks `rule`; bounds are the arguments of the rule's sentence.

    `str()` gives the English sentence, with the field's name as in the API. Pages translate `rule`
    and `bounds` themselves.
    """

    def __init__(self, field: str, rule: Rule, **bounds: Bound) -> None:
        super().__init__(field, rule, bounds)
        self.field = field
        self.rule = rule
        self.bounds = bounds

    @property
    def sentence(self) -> str:
        """The rule in English, without the field's name."""
        return SENTENCES[self.rule] % {name: _text(value) for name, value in self.bounds.items()}

    def __str__(self) -> str:
        return f"{self.field} {self.sentence}"


def check_line_of_text(field: str, text: str, most: int) -> None:
    """Raises InvalidValue unless `text` has 1 to `most` characters, without control characters."""
    if not 1 <= len(text) <= most:
        raise InvalidValue(field, "length", least=1, most=most)
    check_no_control_characters(field, text)


def check_no_control_characters(field: str, text: str) -> None:
    """Raises InvalidValue for a line end, another control character, or half of a character."""
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        raise InvalidValue(field, "no_control_characters")


def _text(value: Bound) -> str:
    """Numbers with thousands separators; whole floats without decimals."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return value if isinstance(value, str) else f"{value:,}"
