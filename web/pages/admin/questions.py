"""Questions: what the console asks before a dangerous change, in one language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from application.dangers import Danger, PlannedChange, Sentence, find_dangers, highest_unasked_rate
from domain.room_settings import RoomSettings
from issuance.offers import Offer
from waitroom.stats.forecast import forecast_at
from waitroom.stats.room_stats import RoomStats
from web.i18n import Language
from web.pages.admin.status_sentence import rate
from web.pages.formatting import MINUTE_S, exact_duration, seconds

# The form field that confirms.
CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Question:
    """keep: the label of the link to `back`, which changes nothing. fields: what the form sends
    again, to `action`. instead: a milder change's label, and its fields; "" without one.
    """

    title: str
    facts: tuple[str, ...]
    keep: str
    confirm: str
    action: str
    back: str
    fields: Mapping[str, str]
    instead: str = ""
    instead_fields: Mapping[str, str] = field(default_factory=dict)


def planned_change(
    offer: Offer, alter: Callable[[RoomSettings], RoomSettings], line: RoomStats
) -> PlannedChange | None:
    """A change of the room's settings; None for a coupon without a room. Raises ValueError."""
    if offer.settings is None:
        return None
    return PlannedChange(offer.coupon, offer.settings, offer.coupon, alter(offer.settings), line)


def describe_dangers(dangers: list[Danger], language: Language) -> tuple[str, tuple[str, ...]]:
    """The worst one's question, and the facts of all."""
    title = describe(dangers[0].question, language)
    others = tuple(describe(one.question, language) for one in dangers[1:])
    facts = tuple(describe(fact, language) for one in dangers for fact in one.facts)
    return title, others + facts


def describe(sentence: Sentence, language: Language) -> str:
    """The sentence, with each value as its unit is written."""
    values = {name: _in_words(name, value, language) for name, value in sentence.values.items()}
    return language.gettext(sentence.text, **values)


def _in_words(name: str, value: float, language: Language) -> str:
    if name.endswith("_per_s"):
        return rate(language, value)
    if name.endswith("_s") and value >= MINUTE_S and value % MINUTE_S == 0:
        return exact_duration(language, int(value))
    if name.endswith("_s"):
        return seconds(language, max(1, round(value)))
    if name == "times":
        return language.decimal(value, 0 if value >= 10 else 1)
    return language.number(int(value))


def board_question(
    change: PlannedChange, fields: Mapping[str, str], board: str, language: Language
) -> Question | None:
    """What the board asks before this change of its room; None if it need not ask.

    fields: of the form that was sent. board: its address.
    """
    dangers = find_dangers(change)
    if not dangers:
        return None
    title, facts = describe_dangers(dangers, language)
    keep, confirm = _answers(change, dangers[0], language)
    instead, instead_fields = _milder(change, dangers[0], fields, language)
    return Question(
        title=title,
        facts=facts,
        keep=keep,
        confirm=confirm,
        action=f"{board}/turn",
        back=board,
        fields=fields,
        instead=instead,
        instead_fields=instead_fields,
    )


def edit_question(
    change: PlannedChange, fields: Mapping[str, str], language: Language
) -> Question | None:
    """What the form of a coupon asks before it is saved; None if it need not ask."""
    dangers = find_dangers(change)
    if not dangers:
        return None
    title, facts = describe_dangers(dangers, language)
    address = f"/admin/coupons/{change.coupon.code}/edit"
    keep, confirm = language.gettext("Keep editing"), language.gettext("Save anyway")
    if dangers[0].name == "ends_the_sale":
        confirm = language.gettext("Save and end the sale")
    return Question(title, facts, keep, confirm, address, "#main", fields)


def _answers(change: PlannedChange, danger: Danger, language: Language) -> tuple[str, str]:
    _ = language.gettext
    if danger.name == "drains":
        return _("Keep it open"), _("Drain")
    if danger.name == "closes":
        return _("Keep it open"), _("Close the line")
    kept, new = change.line.rate_in_force_per_s, change.new_room.rate_per_s
    return (
        _("Keep %(rate)s/s", rate=rate(language, kept)),
        _("Apply %(rate)s/s", rate=rate(language, new)),
    )


def _milder(
    change: PlannedChange, danger: Danger, fields: Mapping[str, str], language: Language
) -> tuple[str, Mapping[str, str]]:
    """The highest rate that is not asked about, where the question is about a rate."""
    milder = highest_unasked_rate(change.line)
    if danger.name not in ("empties_the_line", "raises_the_rate") or milder is None:
        return "", {}
    words = language.gettext("Apply %(rate)s/s", rate=rate(language, milder))
    if change.line.waiting:
        ahead = forecast_at(change.line, milder)
        ends = seconds(language, max(1, round(ahead.ends_in_s)))
        words = (
            language.gettext(
                "Apply %(rate)s/s: sold out in %(wait)s", rate=rate(language, milder), wait=ends
            )
            if ahead.is_sold_out
            else language.gettext(
                "Apply %(rate)s/s: all admitted in %(wait)s", rate=rate(language, milder), wait=ends
            )
        )
    return words, {**fields, "what": "set", "rate_per_s": f"{milder:g}"}
