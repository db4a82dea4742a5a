"""A new refusal, planted as CONTRIBUTING.md has it, in a copy of the checkout."""

from pathlib import Path

import pytest

from tests.recipes.planted_copy import PlantedCopy, files_of_recipe

HOME = "domain/refusals.py"
EN, KO = (f"web/locales/{one}/LC_MESSAGES/messages.po" for one in ("en", "ko"))
REFUSAL = '''\
class NotEligible(Refusal):
    """This coupon is for other members."""

    slug = "not_eligible"
    title = "Not for this account"
    status = 403
    calls = ("enter", "issue")


class AlreadyStarted(Refusal):'''
# Where it is raised: the file, what stands there, and what with the refusal.
RAISED = {
    "at_the_door": (
        "waitroom/lua/enter.lua",
        "  if is_draining(room) then return refuse_entry('draining') end\n",
        "  if member == 'alice' then return refuse_entry('not_eligible') end\n",
    ),
    "by_the_coupon": (
        "domain/coupon.py",
        "        if not self.inventory.has_available_stock:\n            raise SoldOut\n",
        "        if member.id == 'alice':\n            raise REFUSALS['not_eligible']\n",
    ),
}
IMPORTS = ("from domain.refusals import ", "from domain.refusals import REFUSALS, ")
TITLE = 'msgid "Not for this account"\nmsgstr "'
SENTENCE = 'msgid "This coupon is for other members."\nmsgstr "'
# Each entry of the catalogue up to its translation, and that.
TRANSLATIONS = {
    f'msgctxt "problem title"\n{TITLE}': "이 쿠폰을 받을 수 없어요",
    f"\n\n{TITLE}": "받을 수 없음",
    SENTENCE: "다른 회원을 위한 쿠폰이에요.",
}
OPERATIONS_ROW = (
    "| `not_eligible` | `web`, at entry | by reason only: `tally` in Redis "
    "| `waitroom_turned_away_total` |\n"
)
CHECKS = Path(__file__).with_name("planted") / "refusal.py"


def plant(copy: PlantedCopy, where: str) -> str:
    """Plant it; the file in which it is raised."""
    copy.replace(HOME, "class AlreadyStarted(Refusal):", REFUSAL)
    file, old, new = RAISED[where]
    copy.replace(file, old, new + old)
    if file.endswith(".py"):
        copy.replace(file, *IMPORTS)
    copy.run("-m", "docs.update_catalogues")
    for entry, korean in TRANSLATIONS.items():
        copy.replace(KO, f'{entry}"', f'{entry}{korean}"')
    copy.run("-m", "docs.update_refusals")
    copy.replace("docs/operations.md", "| `already_used` |", f"{OPERATIONS_ROW}| `already_used` |")
    return file


@pytest.mark.parametrize("where", RAISED)
def test_a_refusal_takes_four_files(copy, servers, where):
    raised_in = plant(copy, where)
    copy.write("tests/integration/test_planted_refusal.py", CHECKS.read_text("utf-8"))

    copy.run_tests(
        f"tests/integration/test_planted_refusal.py::test_{where}",
        "tests/unit/test_problems.py",
        "tests/unit/test_i18n.py::test_a_catalogue_has_every_sentence_and_no_other",
        "tests/unit/test_i18n.py::test_every_sentence_is_translated_with_the_same_placeholders",
        "tests/unit/test_docs.py",
        servers=servers,
    )

    assert copy.changed_code_files() == sorted([HOME, raised_in, EN, KO])


def test_contributing_names_these_files():
    named = files_of_recipe("A refusal")

    assert len(named) <= 4
    assert named[0] == HOME
    assert {EN, KO} <= set(named)
