"""The coupon form's input: parses and validates it by the domain's rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID

from domain.coupon import Coupon
from domain.discount import DiscountPolicy
from domain.invalid_value import InvalidValue
from domain.inventory import Inventory
from domain.room_settings import RoomSettings
from domain.settings_spec import RATE_PER_S_MAX, ROOM_SETTINGS, RoomSetting
from domain.times.duration import parse_duration
from domain.times.time_zone import UnusableLocalTime, local_to_utc
from issuance.offers import Offer
from web.i18n import Language, to_translate
from web.pages.admin.labels import DURATIONS, FieldError
from web.pages.duration import plain_duration

WHOLE_NUMBER = to_translate("Enter a whole number.")
NUMBER = to_translate("Enter a number.")
DATE_AND_TIME = to_translate("Enter a date and time.")
DURATION = to_translate("Enter a duration, such as 15 min, 1 h 30 min or 90 s.")
AT_LEAST_ONE = to_translate("There must be at least one.")
UNUSABLE = {
    "skipped": to_translate(
        "Clocks skip this time on that day, as daylight saving time begins. Choose another time."
    ),
    "repeated": to_translate(
        "Clocks show this time twice on that day, as daylight saving time ends. Choose another "
        "time."
    ),
}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?", re.ASCII)

Errors = dict[str, FieldError]


def _whole(text: str) -> int:
    if re.fullmatch(r"-?\d{1,15}", text, re.ASCII) is None:
        raise ValueError(WHOLE_NUMBER)
    return int(text)


def _whole_or_none(text: str) -> int | None:
    return _whole(text) if text else None


def _number(text: str) -> float:
    if re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?", text, re.ASCII) is None:
        raise ValueError(NUMBER)
    return float(text)


def _duration(text: str) -> int:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise ValueError(DURATION) from error


def parse_local(text: str) -> datetime:
    """The time of a datetime-local field, without its zone. Raises ValueError with a message id."""
    try:
        if _TIME.fullmatch(text) is None:
            raise ValueError
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(DATE_AND_TIME) from error


def read_field(read: Callable[[str], Any], text: str, zone: tzinfo) -> Any:
    """The value of a field; a local time as an instant. Raises ValueError with a message id."""
    value = read(text)
    if not isinstance(value, datetime):
        return value
    try:
        return local_to_utc(value, zone)
    except UnusableLocalTime as error:
        raise ValueError(UNUSABLE[error.why]) from error
    except OverflowError as error:
        raise ValueError(DATE_AND_TIME) from error


OF_COUPON: dict[str, Callable[[str], Any]] = {
    "code": str,
    "description": str,
    "discount_kind": str,
    "discount_value": _whole,
    "discount_cap": _whole_or_none,
    "total_count": _whole,
    "opens_at": parse_local,
    "expire_date": parse_local,
    "issuing": str,
}
_READERS: dict[type[Any], Callable[[str], Any]] = {float: _number, int: _whole, str: str}


def reader_of(setting: RoomSetting) -> Callable[[str], Any]:
    """Reads the setting's field. Raises ValueError with a message id."""
    return _duration if setting.is_duration else _READERS[setting.type]


OF_ROOM = {one.name: reader_of(one) for one in ROOM_SETTINGS if one.is_of_new_rooms}
RATE_BOUNDS = ("rate_min_per_s", "rate_max_per_s")
# Fields of the domain that have another name in the form.
_IN_FORM = {
    "kind": "discount_kind",
    "value": "discount_value",
    "cap": "discount_cap",
    "used_count": "total_count",
}


@dataclass(slots=True)
class CouponForm:
    """The form's texts and their errors. `was`: the texts when the form was opened, so that saving
    does not undo another admin's changes. fixed: why a field can't be changed.
    """

    texts: dict[str, str]
    was: dict[str, str]
    errors: Errors = field(default_factory=dict)
    fixed: dict[str, str] = field(default_factory=dict)
    may_change: bool = True

    def changed(self) -> set[str]:
        return {name for name, text in self.texts.items() if text != self.was.get(name)}

    def fields(self) -> dict[str, str]:
        """What a browser sends of this form."""
        return self.texts | {f"was-{name}": text for name, text in self.was.items()}


def fresh_form(now: datetime, language: Language) -> CouponForm:
    """A new coupon's defaults: from the next full hour, for a month."""
    in_an_hour = (now + timedelta(hours=1)).astimezone(language.zone)
    opens = in_an_hour.replace(minute=0, second=0, microsecond=0).astimezone(UTC)
    texts = format_fields(_room_values(RoomSettings()), language)
    texts |= {
        "discount_kind": "amount",
        "opens_at": format_field(opens, language),
        "expire_date": format_field(opens + timedelta(days=30), language),
        "issuing": "queue",
    }
    return CouponForm({name: texts.get(name, "") for name in (*OF_COUPON, *OF_ROOM)}, {})


def form_from_offer(offer: Offer, language: Language) -> CouponForm:
    texts = format_fields(form_values(offer), language)
    return CouponForm(texts, dict(texts))


def with_texts(form: CouponForm, offer: Offer, language: Language) -> CouponForm:
    """The form as it was sent, completed by the offer."""
    kept = form_from_offer(offer, language)
    form.texts = kept.texts | form.texts
    form.was = kept.texts | form.was
    return form


def form_values(offer: Offer) -> dict[str, Any]:
    coupon = offer.coupon
    return {
        "code": coupon.code,
        "description": coupon.description,
        "discount_kind": coupon.discount.kind,
        "discount_value": coupon.discount.value,
        "discount_cap": coupon.discount.cap,
        "total_count": coupon.inventory.total_count,
        "opens_at": coupon.opens_at,
        "expire_date": coupon.expire_date,
        "issuing": coupon.issuing,
        **(_room_values(offer.settings) if offer.settings else {}),
    }


def _room_values(room: RoomSettings) -> dict[str, Any]:
    return {name: value for name, value in asdict(room).items() if name in OF_ROOM}


def format_fields(values: Mapping[str, object], language: Language) -> dict[str, str]:
    return {
        name: plain_duration(language, value)
        if name in DURATIONS and isinstance(value, int)
        else format_field(value, language)
        for name, value in values.items()
    }


def format_field(value: object, language: Language) -> str:
    """The value as an input field shows it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        local = value.astimezone(language.zone)
        return f"{local:%Y-%m-%dT%H:%M}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def parse_texts(texts: Mapping[str, str], zone: tzinfo) -> tuple[dict[str, Any], Errors]:
    """The valid values, and the errors of the others. zone: of its times."""
    values: dict[str, Any] = {}
    errors: Errors = {}
    for name, read in (OF_COUPON | OF_ROOM).items():
        if name in texts:
            try:
                values[name] = read_field(read, texts[name], zone)
            except ValueError as error:
                errors[name] = str(error)
    return values, errors


def refused(values: Mapping[str, Any], errors: Errors) -> Errors:
    """What the domain refuses of a whole coupon, each at the field that it names.

    `errors` are of what could not be read, and is not looked at again.
    """
    found = dict(errors)

    def attempt(build: Callable[[], object], *needed: str) -> None:
        if not set(needed) & errors.keys():
            try:
                build()
            except InvalidValue as error:
                found.setdefault(form_field(error), error)

    discount = ("discount_kind", "discount_value", "discount_cap")
    attempt(lambda: DiscountPolicy(*(values[one] for one in discount)), *discount)
    attempt(lambda: Inventory(values["total_count"]), "total_count")
    if values.get("total_count", 1) < 1:
        found["total_count"] = AT_LEAST_ONE
    for name in ("code", "description", "issuing"):
        attempt(lambda name=name: _coupon(**{name: values[name]}), name)  # type: ignore[misc]
    times = ("opens_at", "expire_date")
    attempt(lambda: _coupon(**{name: values[name] for name in times}), *times)
    for name in OF_ROOM:
        if name in values:
            # Of two bounds each is looked at by itself first, the other as far off as can be.
            other = {"rate_min_per_s": values[name]} if name == "rate_max_per_s" else {}
            room = {"rate_max_per_s": RATE_PER_S_MAX} | other | {name: values[name]}
            attempt(lambda room=room: RoomSettings(**room), name)  # type: ignore[misc]
    if not set(RATE_BOUNDS) & found.keys() and set(RATE_BOUNDS) <= values.keys():
        bounds = {name: values[name] for name in RATE_BOUNDS}
        attempt(lambda: RoomSettings(**bounds), *RATE_BOUNDS)
    return found


def _coupon(**values: Any) -> Coupon:
    """One with these, and nothing else that could be refused."""
    opens_at = datetime(2026, 1, 1, tzinfo=UTC)
    others: dict[str, Any] = {
        "code": "a",
        "description": "a",
        "opens_at": opens_at,
        "expire_date": opens_at + timedelta(days=1),
    }
    return Coupon(
        id=UUID(int=0),
        discount=DiscountPolicy("amount", 1),
        inventory=Inventory(1),
        **others | values,
    )


def form_field(error: InvalidValue) -> str:
    """Where it stands in the form; empty for what the form has no field of."""
    name = _IN_FORM.get(error.field, error.field)
    return name if name in OF_COUPON or name in OF_ROOM else ""


def discount_in(values: Mapping[str, Any]) -> DiscountPolicy:
    return DiscountPolicy(values["discount_kind"], values["discount_value"], values["discount_cap"])
