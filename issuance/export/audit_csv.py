"""Writes the audit trail as CSV."""

from __future__ import annotations

import csv
import io
import json
from typing import IO, Any

from sqlalchemy import Engine

from issuance.audit import ENTRIES_MAX, AuditFilter, list_entries
from issuance.export.csv_text import as_text, as_time

AUDIT_COLUMNS = ("id", "at", "who", "what", "subject", "before", "after")


def write_audit_csv(engine: Engine, wanted: AuditFilter, file: IO[bytes]) -> None:
    """Write all entries that the filter takes, newest first; `before` and `after` as JSON.

    Read page by page, each from where the one before ended: entries that are added meanwhile move
    none of them. Raises OfficeAway.
    """
    text = io.TextIOWrapper(file, "utf-8", newline="")
    try:
        lines = csv.writer(text, lineterminator="\r\n")
        lines.writerow(AUDIT_COLUMNS)
        before_id: int | None = None
        while found := list_entries(
            engine, wanted=wanted, at_most=ENTRIES_MAX, before_id=before_id
        ):
            for one in found:
                texts = as_text(one.who), as_text(one.what), as_text(one.subject)
                changed = _as_json(one.before), _as_json(one.after)
                lines.writerow((one.id, as_time(one.at), *texts, *changed))
            before_id = found[-1].id
        text.flush()
    finally:
        text.detach()


def _as_json(values: dict[str, Any] | None) -> str:
    return "" if values is None else json.dumps(values, ensure_ascii=False, sort_keys=True)
