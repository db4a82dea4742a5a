"""A new field of a place, by the recipe of CONTRIBUTING.md: two code files, four with the page."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.recipes.planted_copy import PlantedCopy, files_of_recipe

SCHEMA, WRITER = "web/schemas/public.py", "web/place_response.py"
VIEW, TEMPLATE = "web/pages/member/place_view.py", "web/templates/_place_waiting.html"
FILES_MAX = 4

FIELD = """    in_line_count: Annotated[
        int | None, Field(description="how many wait in this line; while waiting")
    ] = None
"""


def plant_field(copy: PlantedCopy) -> None:
    """Plant `in_line_count`, for programs and on the ticket page."""
    remain = "    ticket: str | None = None\n    issued_coupon: IssuedCouponOut | None = None\n"
    copy.replace(SCHEMA, remain, f"{FIELD}{remain}")
    opens = "        opens_at=rfc3339_us(facts.opens_at_us) if is_lobby else None,\n"
    copy.replace(WRITER, opens, f"        in_line_count=facts.waiting,\n{opens}")
    copy.replace(VIEW, '"note_text",\n)', '"note_text", "count_text",\n)')
    copy.replace(
        VIEW, '    note_text: str = ""\n', '    note_text: str = ""\n    count_text: str = ""\n'
    )
    note = "        note_text=room.note_text"
    text = "language.number(place.in_line_count or 0)"
    copy.replace(VIEW, note, f"        count_text={text},\n{note}")
    block = "{% block destination %}\n"
    shown = '    <p>{{ _("Waiting") }}<b>{{ place.count_text }}</b></p>\n'
    copy.replace(TEMPLATE, block, block + shown)


def test_a_field_of_a_place_takes_four_code_files_and_is_in_every_answer(servers, tmp_path: Path):
    copy = PlantedCopy(tmp_path)

    plant_field(copy)

    changed = copy.changed_code_files()
    assert sorted(changed) == sorted([SCHEMA, WRITER, VIEW, TEMPLATE])
    assert len(changed) <= FILES_MAX
    planted = "tests/integration/test_planted_place_field.py"
    shutil.copy(Path(__file__).with_name("planted_place_field.py"), copy.folder / planted)
    copy.run_tests(
        planted,
        "tests/unit/test_fast_path_responses.py",
        "tests/unit/test_fragment_cache.py",
        servers=servers,
    )


def test_the_recipe_names_the_files_that_a_field_of_a_place_takes():
    assert files_of_recipe("A field of a place") == [SCHEMA, WRITER, VIEW, TEMPLATE]
