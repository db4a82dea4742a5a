"""The danger of publishing a draft; application/dangers.py lists those of all other changes."""

from __future__ import annotations

from datetime import datetime

from application.dangers import Danger, sentence


def find_publish_dangers(opens_at: datetime, now: datetime) -> list[Danger]:
    """What to ask about before a draft is published; nothing where it opens later."""
    if opens_at > now:
        return []
    late_s = (now - opens_at).total_seconds()
    fact = sentence(
        "Its opening was %(late_s)s ago: members enter as soon as you publish it.", late_s=late_s
    )
    return [Danger("opens_at_once", sentence("Publish it and open it now?"), (fact,))]
