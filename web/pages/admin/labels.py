"""What the console calls each thing that can be set, and which rule it must keep."""

from __future__ import annotations

from domain.branding import LOGO_BYTES_MAX
from domain.differences import Kind
from domain.invalid_value import SENTENCES, Bound, InvalidValue
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
    "rate_per_s": to_translate("Admissions a second"),
    "burst": to_translate("At once after a pause"),
    "seats": to_translate("Under way at most"),
    "size_max": to_translate("Waiting at most"),
    "state": to_translate("State of the line"),
    "lobby_s": to_translate("Lobby before the opening (s)"),
    "opening": to_translate("Order of the lobby"),
    "grace_s": to_translate("Silence before somebody is passed over (s)"),
    "return_s": to_translate("Time to come back to the head (s)"),
    "restore_s": to_translate("Time for a lost line to come back (s)"),
    "rate_mode": to_translate("Who turns the rate"),
    "rate_min_per_s": to_translate("Least admissions a second"),
    "rate_max_per_s": to_translate("Most admissions a second"),
    "latency_bound_ms": to_translate("Transactions may take (ms)"),
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
    "restore_s": to_translate("0 to 3,600 seconds."),
    "rate_mode": to_translate("You, or the autopilot by what the database bears."),
    "rate_min_per_s": to_translate(
        "Above 0, and not above the most. What it bears on its worst day."
    ),
    "rate_max_per_s": to_translate("At most 100,000. What you would not go beyond on its best."),
    "latency_bound_ms": to_translate(
        "10 to 10,000 ms: what 95 of 100 take at most, and is still good."
    ),
    "challenge": to_translate(
        "A second of each browser’s time: dear for who enters by the thousand."
    ),
    "name": to_translate("Up to 60 characters; empty: the site’s own."),
    "colour": to_translate("As #0c6a56; empty: the site’s own."),
    "message": to_translate("Up to 300 characters; empty: none."),
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
    "first_come": to_translate("As they came"),
    "draw": to_translate("By a draw"),
    "manual": to_translate("By hand"),
    "autopilot": to_translate("Autopilot"),
    "off": to_translate("Off"),
    "on": to_translate("On"),
    "open": to_translate("Open"),
    "paused": to_translate("Paused"),
    "draining": to_translate("Draining"),
    "closed": to_translate("Closed"),
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
    """What is wrong with a field, in the reader's language, to stand beside its label."""
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
