"""A new phase of a room, by the recipe of CONTRIBUTING.md: one code file, and its words."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.recipes.planted_copy import PlantedCopy, files_of_recipe

PHASE = "domain/phase.py"
ENGLISH, KOREAN = (f"web/locales/{code}/LC_MESSAGES/messages.po" for code in ("en", "ko"))

ENDING = """ENDING = RoomPhase(
    "ending",
    lambda room: room.now_us >= room.closes_at_us - 600_000_000,
    about="it closes within ten minutes",
    label="Closing soon",
    board="It closes within ten minutes.",
    note="This line closes within ten minutes.",
    admits=True,
)
"""
TRANSITIONS = """    Transition(("open", "scheduled", "draining"), ("ending",), "its end is near"),
    Transition(("ending",), ("open", "scheduled", "draining"), "an admin moves the end"),
"""
TRANSLATED = {
    "Closing soon": "곧 마감",
    "It closes within ten minutes.": "10분 안에 종료돼요.",
    "This line closes within ten minutes.": "이 대기열은 10분 안에 종료돼요.",
}


def plant_phase(copy: PlantedCopy) -> None:
    """Plant `ending`: the last ten minutes of a room that is open."""
    copy.replace(PHASE, "OPEN = RoomPhase(\n", f"{ENDING}OPEN = RoomPhase(\n")
    copy.replace(PHASE, "SCHEDULED, DRAINING, OPEN)", "SCHEDULED, DRAINING, ENDING, OPEN)")
    begin = "ROOM_TRANSITIONS = (\n"
    copy.replace(PHASE, begin, begin + TRANSITIONS)
    copy.run("-m", "docs.update_catalogues")
    for sentence, translated in TRANSLATED.items():
        said = f'msgid "{sentence}"\nmsgstr '
        copy.replace(KOREAN, f'{said}""', f'{said}"{translated}"')
    copy.run("-m", "docs.make_phase_diagrams")


def test_a_phase_takes_one_code_file_and_everything_that_tells_of_it_knows_it(servers, tmp_path):
    copy = PlantedCopy(tmp_path)

    plant_phase(copy)

    assert copy.changed_code_files() == [PHASE, ENGLISH, KOREAN]
    assert copy.changed_files() == ["docs/room-phases.svg", PHASE, ENGLISH, KOREAN]
    assert ">ending</text>" in (copy.folder / "docs/room-phases.svg").read_text("utf-8")
    planted = "tests/integration/test_planted_phase.py"
    shutil.copy(Path(__file__).with_name("planted_phase.py"), copy.folder / planted)
    copy.run_tests(planted, "tests/unit/test_phase.py", "tests/unit/test_i18n.py", servers=servers)


def test_the_recipe_names_the_files_that_a_phase_takes():
    assert files_of_recipe("A phase") == [PHASE, ENGLISH, KOREAN]
