"""Writes the table of refusals in docs/api.md from domain/refusals.py.

    .venv/bin/python -m docs.update_refusals

from the checkout's own folder.
"""

from __future__ import annotations

from pathlib import Path

from domain.refusals import REFUSALS

PAGE = Path(__file__).with_name("api.md")
HEAD = """\
| type | status | `detail` | final | may retry |
| --- | --- | --- | --- | --- |
"""


def rows() -> str:
    """A row a refusal."""
    return "".join(
        f"| `{slug}` | {kind.status} | {kind().detail} | {_yes(kind.is_final)} "
        f"| {_yes(kind.may_retry)} |\n"
        for slug, kind in REFUSALS.items()
    )


def with_rows(page: str) -> str:
    """The page with the present table. Raises ValueError if it has no such table."""
    before, head, rest = page.partition(HEAD)
    if not head:
        raise ValueError(f"{PAGE.name} has no table of refusals")
    old, gap, after = rest.partition("\n\n")
    del old
    return f"{before}{head}{rows().rstrip()}{gap}{after}"


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


if __name__ == "__main__":
    PAGE.write_text(with_rows(PAGE.read_text("utf-8")), "utf-8")
