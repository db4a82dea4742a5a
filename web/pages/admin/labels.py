"""The console's labels, and the sentences for errors and differences."""

from __future__ import annotations

from domain.branding import LOGO_BYTES_MAX
from domain.differences import Kind
from domain.invalid_value import SENTENCES, Bound, InvalidValue
from domain.settings_spec import ROOM_SETTINGS
from domain.sites.settings_spec import SITE_SETTINGS
from domain.times.time_zone import zone_name
from web.i18n import Language, to_translate
from web.pages.admin.plan_labels import PLAN_CHANGES, PLAN_LABELS, STAGE_NAMES
from web.pages.duration import plain_duration

# What is wrong with a field: a rule of the domain, or the message id of a sentence.
FieldError = InvalidValue | str

LABELS = {
    **PLAN_LABELS,
    "code": to_translate("Code"),
    "description": to_translate("Description"),
    "used_count": to_translate("Coupons issued"),
    "discount": to_translate("Discount"),
    "discount_kind": to_translate("Discount type"),
    "discount_value": to_translate("Amount or percentage"),
    "discount_cap": to_translate("Maximum discount (percentage only)"),
    "total_count": to_translate("Quantity"),
    "opens_at": to_translate("Opens at (%(zone)s)"),
    "expire_date": to_translate("Ends at (%(zone)s)"),
    "issuing": to_translate("Issuing method"),
    "room": to_translate("Line"),
    **{setting.name: setting.label for setting in (*ROOM_SETTINGS, *SITE_SETTINGS)},
    "title": to_translate("Title"),
    "closes_at": to_translate("Closes at (%(zone)s)"),
    "site": to_translate("Site"),
    "site_name": to_translate("Name"),
    "hosts": to_translate("Hosts"),
    "name": to_translate("Site name on these pages"),
    "colour": to_translate("Accent colour"),
    "message": to_translate("Message to everyone waiting"),
    "logo": to_translate("Logo"),
    "logo_sha256": to_translate("Logo"),
    "role": to_translate("Role"),
    "disabled": to_translate("Disabled"),
}
# The settings that people write as 15 min.
DURATIONS = {one.name for one in (*ROOM_SETTINGS, *SITE_SETTINGS) if one.is_duration}
RULES = {
    "code": to_translate(
        "1 to %(most)s characters: a-z, 0-9, _ and -. Must start with a letter or digit."
    ),
    "description": to_translate("Shown to members. 1 to %(most)s characters."),
    "discount_kind": to_translate("A fixed amount, or a percentage of the price."),
    "discount_value": to_translate(
        "An amount in the smallest currency unit, or a percentage from 1 to 100."
    ),
    "discount_cap": to_translate("The largest discount of a percentage. Not needed for an amount."),
    "total_count": to_translate("1 to %(most)s. Can’t be lower than the number already issued."),
    "opens_at": to_translate("Date and time in %(zone)s, before the end."),
    "expire_date": to_translate(
        "Date and time in %(zone)s, after the opening. Issuing ends then, and coupons expire. A "
        "later end does not extend coupons already issued."
    ),
    "issuing": to_translate("Through the line, or directly with one of three locks."),
    "name": to_translate("Up to %(most)s characters. Leave empty for the site’s own name."),
    "colour": to_translate("For example #0c6a56. Leave empty for the site’s own colour."),
    "message": to_translate("Up to %(most)s characters. Leave empty for no message."),
    "logo": to_translate("PNG, JPEG or WebP image, up to 15 kB."),
}
# Instead of the sentence with both times, as programs write them.
WRONG_ORDER = to_translate("The opening must come before the end.")
assert LOGO_BYTES_MAX > 15 * 1024, "what is said of the logo must be kept"

CHOICES = {
    "amount": to_translate("Amount"),
    "percent": to_translate("Percentage"),
    "queue": to_translate("Through the line"),
    "pessimistic": to_translate("Directly (row lock)"),
    "optimistic": to_translate("Directly (optimistic lock)"),
    "redis_lock": to_translate("Directly (Redis lock)"),
    **{
        word: label
        for setting in (*ROOM_SETTINGS, *SITE_SETTINGS)
        for word, label in setting.choices.items()
    },
    **STAGE_NAMES,
    "viewer": to_translate("viewer"),
    "operator": to_translate("operator"),
}
# What each kind of difference is called; what it means, and what a repair does.
DIFFERENCES: dict[Kind, tuple[str, str]] = {
    "told_without_row": (
        to_translate("Issued in Redis, missing in Postgres"),
        to_translate(
            "Redis says that these members have a coupon, but Postgres has no record of it. "
            "Repair sends them to the workers again and tells them the outcome."
        ),
    ),
    "row_not_told": (
        to_translate("Issued in Postgres, missing in Redis"),
        to_translate(
            "Postgres has issued coupons to these members, but Redis has no record. Repair "
            "records them in Redis, and the members see their coupons."
        ),
    ),
    "used_count_off": (
        to_translate("Wrong stock count"),
        to_translate(
            "The number of coupons issued does not match the records. Repair counts them again. "
            "If more were issued than exist, someone must investigate."
        ),
    ),
    "line_count_off": (
        to_translate("Issued counts differ"),
        to_translate(
            "Redis and Postgres have different issued counts. Repair sets Redis to the count in "
            "Postgres."
        ),
    ),
    "outcome_overdue": (
        to_translate("Admitted, without an outcome for too long"),
        to_translate(
            "These members were admitted, but are no longer sent to the workers. Repair sends "
            "them again."
        ),
    ),
    "job_failed": (
        to_translate("Failed batches"),
        to_translate(
            "The queue still holds these jobs. Repair deletes them: their members are sent to the "
            "workers again in any case."
        ),
    ),
}
WHATS = {
    "coupon created": to_translate("coupon created"),
    "coupon changed": to_translate("coupon changed"),
    "site created": to_translate("site created"),
    "site changed": to_translate("site changed"),
    "site room created": to_translate("site room created"),
    "API key made": to_translate("API key made"),
    "pass secret made": to_translate("pass secret made"),
    "room changed": to_translate("line settings changed"),
    **PLAN_CHANGES,
    "branding changed": to_translate("branding changed"),
    "differences repaired": to_translate("differences repaired"),
    "used count corrected": to_translate("issued count repaired"),
    # As 0.3.0 and earlier wrote these two.
    "differences mended": to_translate("differences repaired"),
    "used count mended": to_translate("issued count repaired"),
    "admin added": to_translate("admin added"),
    "admin changed": to_translate("admin changed"),
    "admin removed": to_translate("admin removed"),
    "password changed": to_translate("password changed"),
    "signed out everywhere": to_translate("signed out everywhere"),
}


def label(language: Language, field: str) -> str:
    names: dict[str, str] = LABELS | {kind: title for kind, (title, _) in DIFFERENCES.items()}
    if field not in names:
        return field
    zone = {"zone": zone_name(language.zone)} if "%(zone)s" in names[field] else {}
    return language.gettext(names[field], **zone)


def describe_error(language: Language, error: FieldError) -> str:
    """A field's error in the reader's language."""
    if isinstance(error, str):
        return language.gettext(error)
    if error.rule == "before":
        return language.gettext(WRONG_ORDER)
    is_duration = error.field in DURATIONS
    values = {
        name: plain_duration(language, int(value))
        if is_duration and isinstance(value, (int, float))
        else _in_words(language, value)
        for name, value in error.bounds.items()
    }
    if "other" in values:
        values["other"] = label(language, values["other"])
    text = language.gettext(SENTENCES[error.rule], **values)
    return f"{text[0].upper()}{text[1:].removesuffix('.')}."


def _in_words(language: Language, value: Bound) -> str:
    if isinstance(value, str):
        return value
    return language.number(int(value)) if float(value).is_integer() else str(value)
