"""Demo names: the member of a display name, in any writing system, in the demo only."""

from __future__ import annotations

import hashlib
import unicodedata

from domain.member import is_member_id
from web.auth.member_tokens import NAME_LENGTH_MAX, Visitor

# Control characters and halves of a character.
_NO_TEXT = ("Cc", "Cs")


class BadName(ValueError):
    """The name is empty, too long, or no text."""


def visitor_named(text: str) -> Visitor:
    """The same member for the same name, however it is typed. Raises BadName.

    A name that is a member id is its own; any other one gets an id made of it.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not 1 <= len(name) <= NAME_LENGTH_MAX:
        raise BadName
    if any(unicodedata.category(one) in _NO_TEXT for one in name):
        raise BadName
    if is_member_id(name):
        return Visitor(name, name)
    digest = hashlib.sha256(name.encode()).hexdigest()
    return Visitor(f"name:{digest[:20]}", name)
