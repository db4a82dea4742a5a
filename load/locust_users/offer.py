"""Offer: reads from the server the coupon that a crowd wants."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

from processes.settings.reader import BadSettings

ANSWER_WITHIN_S = 10.0


def find_total_count(base_url: str, code: str) -> int:
    """The coupon's stock. Raises BadSettings if the server does not return it."""
    try:
        with urllib.request.urlopen(  # noqa: S310 - an address that was agreed to
            f"{base_url}/api/coupons/{code}", timeout=ANSWER_WITHIN_S
        ) as answer:
            coupon = json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            raise BadSettings(f"{base_url} doesn't know {code}: {error}.") from None
    except (OSError, ValueError) as error:
        raise BadSettings(f"There is no server at {base_url}: {error}") from None
    if coupon["issuing"] != "queue":
        raise BadSettings(
            f"{code} is issued directly, without a line. To send a crowd to it, run "
            f"`waitroom crowd {code}`."
        )
    return int(coupon["total_count"])
