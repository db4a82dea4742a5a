"""The console's labels, and the sentences for errors and differences."""

from __future__ import annotations

from domain.branding import LOGO_BYTES_MAX
from domain.differences import Kind
from domain.invalid_value import SENTENCES, Bound, InvalidValue
from domain.settings_spec import ROOM_SETTINGS
from web.i18n import Language, to_translate

# What is wrong with a field: a rule of the domain, or the message id of a sentence.
FieldError = InvalidValue | str

LABELS = {
    "code": to_translate("Code"),
    "description": to_translate("Description"),
    "used_count": to_translate("Given out"),
    "discount": to_translate("Discount"),
    "discount_kind": to_translate("Kind of discount"),
    "discount_value": to_translate("Amount or percentage"),
    "discount_cap": to_translate("At most (for a percentage)"),
    "total_count": to_translate("How many there are"),
    "opens_at": to_translate("Opens at (UTC)"),
    "expire_date": to_translate("Ends at (UTC)"),
    "issuing": to_translate("Way of issuing"),
    "room": to_translate("Line"),
    **{setting.name: setting.label for setting in ROOM_SETTINGS},
    "name": to_translate("Name of the site, in this room"),
    "colour": to_translate("Colour"),
    "message": to_translate("Message to all who wait"),
    "logo": to_translate("Logo"),
    "logo_sha256": to_translate("Logo"),
    "role": to_translate("Role"),
    "disabled": to_translate("Kept out"),
}
RULES = {
    "code": to_translate("1 to %(most)s of a-z 0-9 _ -, beginning with a letter or digit."),
    "description": to_translate("1 to %(most)s characters, as members read it."),
    "discount_kind": to_translate("An amount, or a percentage of the price."),
    "discount_value": to_translate(
        "An amount in the smallest unit of the currency, or a percentage from 1 to 100."
    ),
    "discount_cap": to_translate("The most that a percentage takes off; an amount needs none."),
    "total_count": to_translate("1 to %(most)s; never fewer than are given out."),
    "opens_at": to_translate("Before the end, as a date and a time in UTC."),
    "expire_date": to_translate("After the opening, as a date and a time in UTC."),
    "issuing": to_translate("Through the line, or directly in one of three ways."),
    "name": to_translate("Up to %(most)s characters; empty: the site’s own."),
    "colour": to_translate("As #0c6a56; empty: the site’s own."),
    "message": to_translate("Up to %(most)s characters; empty: none."),
    "logo": to_translate("A small PNG, JPEG or WebP picture, up to 15 kB."),
}
# Instead of the sentence with both times, as programs write them.
WRONG_ORDER = to_translate("The opening must come before the end.")
assert LOGO_BYTES_MAX > 15 * 1024, "what is said of the logo must be kept"

CHOICES = {
    "amount": to_translate("Amount"),
    "percent": to_translate("Percentage"),
    "queue": to_translate("Through the line"),
    "pessimistic": to_translate("Directly, locking the row"),
    "optimistic": to_translate("Directly, comparing versions"),
    "redis_lock": to_translate("Directly, under a lock in Redis"),
    **{word: label for setting in ROOM_SETTINGS for word, label in setting.choices.items()},
    "viewer": to_translate("viewer"),
    "operator": to_translate("operator"),
}
# What each kind of difference is called; what it means, and what mending does about it.
DIFFERENCES: dict[Kind, tuple[str, str]] = {
    "told_without_row": (
        to_translate("Told “yours”, and not written down"),
        to_translate(
            "Redis says that these members hold a coupon, and Postgres has none written "
            "down. To mend it, they are handed to the workers again, and told what then "
            "comes of it."
        ),
    ),
    "row_not_told": (
        to_translate("Hold a coupon, and were not told"),
        to_translate(
            "Postgres has a coupon of these members, and Redis doesn’t know. To mend it, "
            "they are told."
        ),
    ),
    "used_count_off": (
        to_translate("The stock is counted wrongly"),
        to_translate(
            "The number of coupons given out is not the number of those written down. To "
            "mend it, they are counted anew. If there are more than there may be, somebody "
            "must look."
        ),
    ),
    "line_count_off": (
        to_translate("The line counts others than Postgres"),
        to_translate(
            "Redis has another number of coupons given out than Postgres. To mend it, it "
            "gets that of Postgres."
        ),
    ),
    "outcome_overdue": (
        to_translate("Let through, and without an outcome for too long"),
        to_translate(
            "These members were let through, and nobody feeds them to the workers again. To "
            "mend it, that is done."
        ),
    ),
    "job_failed": (
        to_translate("Batches that failed"),
        to_translate(
            "The queue still keeps these jobs. To mend it, they are forgotten: their members "
            "are fed again in any case."
        ),
    ),
}
WHATS = {
    "coupon created": to_translate("coupon created"),
    "coupon changed": to_translate("coupon changed"),
    "room changed": to_translate("room changed"),
    "branding changed": to_translate("branding changed"),
    "differences mended": to_translate("differences mended"),
    "used count mended": to_translate("used count mended"),
    "admin added": to_translate("admin added"),
    "admin changed": to_translate("admin changed"),
    "admin removed": to_translate("admin removed"),
    "password changed": to_translate("password changed"),
    "signed out everywhere": to_translate("signed out everywhere"),
}


def label(language: Language, field: str) -> str:
    names: dict[str, str] = LABELS | {kind: title for kind, (title, _) in DIFFERENCES.items()}
    return language.gettext(names[field]) if field in names else field


def describe_error(language: Language, error: FieldError) -> str:
    """A field's error in the reader's language."""
    if isinstance(error, str):
        return language.gettext(error)
    if error.rule == "before":
        return language.gettext(WRONG_ORDER)
    values = {name: _in_words(language, value) for name, value in error.bounds.items()}
    if "other" in values:
        values["other"] = label(language, values["other"])
    text = language.gettext(SENTENCES[error.rule], **values)
    return f"{text[0].upper()}{text[1:].removesuffix('.')}."


def _in_words(language: Language, value: Bound) -> str:
    if isinstance(value, str):
        return value
    return language.number(int(value)) if float(value).is_integer() else str(value)
