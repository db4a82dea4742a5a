"""Words: what the console calls each thing that can be set, and which rule it must keep."""

from __future__ import annotations

from domain.branding import LOGO_BYTES_MAX
from web.languages import SOURCE, Language, to_translate

LABELS = {
    "code": to_translate("Code"),
    "description": to_translate("Description"),
    "discount": to_translate("Discount"),
    "discount_kind": to_translate("Kind of discount"),
    "discount_value": to_translate("Amount or percentage"),
    "discount_cap": to_translate("At most (for a percentage)"),
    "total_count": to_translate("How many there are"),
    "opens_at": to_translate("Opens at (UTC)"),
    "expire_date": to_translate("Ends at (UTC)"),
    "issuing": to_translate("Way of issuing"),
    "room": to_translate("Line"),
    "rate_per_s": to_translate("Admissions a second"),
    "burst": to_translate("At once after a pause"),
    "seats": to_translate("Under way at most"),
    "size_max": to_translate("Waiting at most"),
    "state": to_translate("State of the line"),
    "lobby_s": to_translate("Lobby before the opening (s)"),
    "opening": to_translate("Order of the lobby"),
    "grace_s": to_translate("Silence before somebody is passed over (s)"),
    "return_s": to_translate("Time to come back to the head (s)"),
    "challenge": to_translate("Proof of work before entering"),
    "name": to_translate("Name of the site, in this room"),
    "colour": to_translate("Colour"),
    "message": to_translate("Message to all who wait"),
    "logo": to_translate("Logo"),
    "logo_sha256": to_translate("Logo"),
    "role": to_translate("Role"),
    "disabled": to_translate("Kept out"),
}
RULES = {
    "code": to_translate("1 to 40 of a-z 0-9 _ -, beginning with a letter or digit."),
    "description": to_translate("1 to 200 characters, as members read it."),
    "discount_kind": to_translate("An amount, or a percentage of the price."),
    "discount_value": to_translate(
        "An amount in the smallest unit of the currency, or a percentage from 1 to 100."
    ),
    "discount_cap": to_translate("The most that a percentage takes off; an amount needs none."),
    "total_count": to_translate("1 to 10,000,000; never fewer than are given out."),
    "opens_at": to_translate("Before the end, as a date and a time in UTC."),
    "expire_date": to_translate("After the opening, as a date and a time in UTC."),
    "issuing": to_translate("Through the line, or directly in one of three ways."),
    "rate_per_s": to_translate("Above 0, at most 100,000."),
    "burst": to_translate("1 to 100,000."),
    "seats": to_translate("1 to 100,000: let through, and without an outcome yet."),
    "size_max": to_translate("1 to 10,000,000."),
    "lobby_s": to_translate("0 to 604,800 seconds."),
    "opening": to_translate("As they came, or by a draw."),
    "grace_s": to_translate("2 to 86,400 seconds."),
    "return_s": to_translate("0 to 86,400 seconds."),
    "challenge": to_translate(
        "A second of each browser’s time: dear for who enters by the thousand."
    ),
    "name": to_translate("Up to 60 characters; empty: the site’s own."),
    "colour": to_translate("As #0c6a56; empty: the site’s own."),
    "message": to_translate("Up to 300 characters; empty: none."),
    "logo": to_translate("A small PNG, JPEG or WebP picture, up to 15 kB."),
}
assert LOGO_BYTES_MAX > 15 * 1024, "what is said of the logo must be kept"

CHOICES = {
    "amount": to_translate("Amount"),
    "percent": to_translate("Percentage"),
    "queue": to_translate("Through the line"),
    "pessimistic": to_translate("Directly, locking the row"),
    "optimistic": to_translate("Directly, comparing versions"),
    "redis_lock": to_translate("Directly, under a lock in Redis"),
    "first_come": to_translate("As they came"),
    "draw": to_translate("By a draw"),
    "off": to_translate("Off"),
    "on": to_translate("On"),
    "open": to_translate("Open"),
    "paused": to_translate("Paused"),
    "closed": to_translate("Closed"),
    "viewer": to_translate("viewer"),
    "operator": to_translate("operator"),
}
WHATS = {
    "coupon created": to_translate("coupon created"),
    "coupon changed": to_translate("coupon changed"),
    "room changed": to_translate("room changed"),
    "branding changed": to_translate("branding changed"),
    "admin added": to_translate("admin added"),
    "admin changed": to_translate("admin changed"),
    "admin removed": to_translate("admin removed"),
    "password changed": to_translate("password changed"),
    "signed out everywhere": to_translate("signed out everywhere"),
}


def label(language: Language, field: str) -> str:
    return language.gettext(LABELS[field]) if field in LABELS else field


def said(language: Language, sentence: str, field: str) -> str:
    """A refusal in the reader's language. One with values in it is in no catalogue: then the
    field's rule says the same.
    """
    if language.code != SOURCE and not language.knows(sentence) and field in RULES:
        return language.gettext(RULES[field])
    word, _, rest = sentence.partition(" ")
    # The name that programs have for the field, which stands under its label here.
    is_name = field.endswith(word) and rest.startswith(("must", "goes"))
    return f"{rest[0].upper()}{rest[1:]}." if is_name else language.gettext(sentence)
