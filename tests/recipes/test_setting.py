"""A new room setting, by the recipe of CONTRIBUTING.md: five code files."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.recipes.planted_copy import PlantedCopy, files_of_recipe

SPEC = "domain/settings_spec.py"
ADMIT = "waitroom/lua/admit.lua"
VERSIONS = "issuance/migrations/versions"
ENGLISH, KOREAN = (f"web/locales/{code}/LC_MESSAGES/messages.po" for code in ("en", "ko"))
FILES_MAX = 5

SETTING = """
    admit_max: int = setting_field(
        500,
        least=1,
        most=500,
        label="Admitted in one step",
        help="How many members one step may admit.",
    )
"""
MIGRATION = '''"""how many members one step may admit"""

import sqlalchemy as sa
from alembic import op

revision = "{new}"
down_revision = "{latest}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "rooms", sa.Column("admit_max", sa.Integer(), server_default=sa.text("500"), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("rooms", "admit_max")
'''
TRANSLATED = {
    "Admitted in one step": "한 번에 입장하는 인원",
    "How many members one step may admit.": "한 단계에 입장할 수 있는 최대 인원이에요.",
}


def plant_setting(copy: PlantedCopy) -> str:
    """Plant `admit_max`. Returns the migration's file."""
    end = "\n\nROOM_SETTINGS = "
    copy.replace(SPEC, end, f"{SETTING.rstrip()}\n{end}")
    latest = max(path.name[:4] for path in (copy.folder / VERSIONS).glob("[0-9]*.py"))
    migration = f"{VERSIONS}/{int(latest) + 1:04}_admit_max.py"
    copy.write(migration, MIGRATION.format(new=migration[-17:-13], latest=latest))
    seats = "if not is_open_to_all then at_most(room.seats - under_way, 'seats') end\n"
    copy.replace(ADMIT, seats, f"{seats}at_most(room.admit_max, 'rate')\n")
    copy.run("-m", "docs.update_catalogues")
    for sentence, translated in TRANSLATED.items():
        said = f'msgid "{sentence}"\nmsgstr '
        copy.replace(KOREAN, f'{said}""', f'{said}"{translated}"')
    copy.run("-m", "docs.update_settings")
    return migration


def test_a_setting_takes_five_code_files_and_all_that_speak_of_it_know_it(servers, tmp_path: Path):
    copy = PlantedCopy(tmp_path)

    migration = plant_setting(copy)

    changed = copy.changed_code_files()
    assert sorted(changed) == sorted([SPEC, migration, ADMIT, ENGLISH, KOREAN])
    assert len(changed) <= FILES_MAX
    assert "| `admit_max` | 500 | 1 to 500 | How many members one step may admit. |" in (
        copy.folder / "docs/configuration.md"
    ).read_text("utf-8")
    planted = "tests/integration/test_planted_setting.py"
    shutil.copy(Path(__file__).with_name("planted_setting.py"), copy.folder / planted)
    copy.run_tests(
        planted,
        "tests/unit/test_settings_spec.py",
        "tests/unit/test_i18n.py",
        "tests/integration/test_migrations.py",
        servers=servers,
    )


def test_the_recipe_names_the_files_that_a_setting_takes():
    assert files_of_recipe("A room setting") == [
        SPEC,
        f"{VERSIONS}/NNNN_NAME.py",
        ADMIT,
        ENGLISH,
        KOREAN,
    ]
