"""Member: who asks for a coupon."""

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
# Each member of a crowd is matched against it, without a function in between.
MEMBER_ID = re.compile(MEMBER_ID_PATTERN)


class BadMemberId(ValueError):
    """This is no member id.

    character: the first one in it that no member id has; None where only its length is wrong.
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
    """Whether `text` can be a member's id, as MEMBER_ID_RULE says."""
    return MEMBER_ID.fullmatch(text) is not None


def check_member_id(text: str) -> None:
    """Raises BadMemberId, which names what is wrong."""
    if not is_member_id(text):
        raise BadMemberId(text)


def describe_character(character: str) -> str:
    """The character as a sentence can name it: also a space, and what no page could show."""
    code_point = f"U+{ord(character):04X}"
    if character == " ":
        return f"a space ({code_point})"
    return f"{character} ({code_point})" if character.isprintable() else code_point


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody the shop knows by `id`. Raises BadMemberId."""

    id: str

    def __post_init__(self) -> None:
        check_member_id(self.id)
