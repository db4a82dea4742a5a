"""The form of a new coupon: filled in, filled in wrongly, and what the page marks as wrong."""

import re
from datetime import UTC, datetime, timedelta

NEW = "/admin/coupons/new"


def in_days(days: int) -> str:
    """Ten o'clock on a day to come, as a field of the form has it."""
    return f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%dT10:00}"


OPENS_AT, EXPIRES_AT = in_days(30), in_days(60)


def a_form(code: str, **changes: str) -> dict[str, str]:
    """As a browser sends it."""
    form = {
        "code": code, "description": "Spring sale", "discount_kind": "amount",
        "discount_value": "5000", "discount_cap": "", "total_count": "10",
        "opens_at": OPENS_AT, "expire_date": EXPIRES_AT, "issuing": "queue",
        "rate_per_s": "2.5", "burst": "3", "seats": "4", "size_max": "5", "lobby_s": "60",
        "opening": "draw", "grace_s": "70", "return_s": "80", "restore_s": "90",
        "rate_mode": "autopilot", "rate_min_per_s": "0.5", "rate_max_per_s": "5000",
        "latency_bound_ms": "90", "challenge": "on",
    }  # fmt: skip
    return form | changes


WRONG = {
    "code": ["", "Spring", "a b", "x" * 41],
    "description": ["", "x" * 201, "two\nlines"],
    "discount_kind": ["", "gift"],
    "discount_value": ["", "0", "five", "1.5", "1000000001", "9" * 40],
    "discount_cap": ["5", "none"],
    "total_count": ["", "0", "-1", "10000001", "\u0661"],
    "opens_at": ["", "soon", in_days(90), "2026-13-01T10:00", "1999-01-01T10:00"],
    "expire_date": ["", "2200-01-01T10:00", "2027-01-01"],
    "issuing": ["", "by hand"],
    "rate_per_s": ["", "0", "-1", "nan", "1e3", "100001"],
    "burst": ["0", "100001"],
    "seats": ["0", "x"],
    "size_max": ["0", "10000001"],
    "lobby_s": ["-1", "604801"],
    "opening": ["", "random"],
    "grace_s": ["1", "86401"],
    "return_s": ["-1", "86401"],
    "restore_s": ["-1", "3601"],
    "challenge": ["", "perhaps"],
    "rate_mode": ["", "by hand"],
    "rate_min_per_s": ["", "0", "5001", "100001"],
    "rate_max_per_s": ["fast", "0", "0.4", "100001"],
    "latency_bound_ms": ["9", "10001", "1.5"],
}


def wrong_fields(answer) -> set[str]:
    """The fields that the page marks as wrong, each with a sentence."""
    found = set()
    for tag in re.findall(r"<(?:input|select)[^>]*aria-invalid[^>]*>", answer.text):
        name = re.search(r' name="([^"]+)"', tag).group(1)
        sentence = re.search(rf'class="wrong" id="{name}-about">([^<]+)<', answer.text)
        assert len(sentence.group(1).split()) > 2
        found.add(name)
    return found
