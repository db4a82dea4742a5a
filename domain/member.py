"""Member: a person whom the shop knows by an id, and the rule for such ids."""

from __future__ import annotations

import re
from dataclasses import dataclass

MEMBER_ID_LENGTH_MAX = 128
# Shops have ids such as `a+tag@x.com`, `auth0|123` and `gid://shopify/7`. Excluded are the
# characters that a JSON string must escape and those that end an HTML tag or attribute.
MEMBER_ID_RULE = (
    f"1 to {MEMBER_ID_LENGTH_MAX} printable ASCII characters without spaces, quotes, < > and \\"
)
MEMBER_ID_PATTERN = rf"^[!#-&(-;=?-\[\]-_a-~]{{1,{MEMBER_ID_LENGTH_MAX}}}$"
# Public because the fast path matches each request against it without a function call.
MEMBER_ID = re.compile(MEMBER_ID_PATTERN)


class BadMemberId(ValueError):
    """This is not a member id.

    character: the first character that is not allowed; None if only the length is wrong.
    """

    def __init__(self, text: str) -> None:
        self.character = next((one for one in text if not is_member_id(one)), None)
        found = (
            f"{len(text)} characters"
            if self.character is None
            else describe_character(self.character)
        )
        super().__init__(f"a member id is {MEMBER_ID_RULE}; this one has {found}")


def is_member_id(text: str) -> bool:
    """Whether `text` is a valid member id by MEMBER_ID_RULE."""
    return MEMBER_ID.fullmatch(text) is not None


def check_member_id(text: str) -> None:
    """Raises BadMemberId, whose text names the character or the length that is wrong."""
    if not is_member_id(text):
        raise BadMemberId(text)


def describe_character(character: str) -> str:
    """The character and its code point; a space by name, unprintable ones by code point alone."""
    code_point = f"U+{ord(character):04X}"
    if character == " ":
        return f"a space ({code_point})"
    return f"{character} ({code_point})" if character.isprintable() else code_point


@dataclass(frozen=True, slots=True)
class Member:
    """A shop's member. Raises BadMemberId."""

    id: str

    def __post_init__(self) -> None:
        check_member_id(self.id)
