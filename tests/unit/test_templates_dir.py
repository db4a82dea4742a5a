"""A shop's own templates come before ours, and may build on them."""

import pytest
from jinja2 import TemplateNotFound

from tests.unit.place_template_cast import EN
from tests.unit.template_cast import alice, list_of
from web.cache.static_files import RENAMED as RENAMED_FILES
from web.pages.renamed_templates import RENAMED
from web.pages.render import environment, static

SHOWN = {
    "site_name": "Shop", "member": alice, "demo": False, "switches": [],
    "coupon_list": list_of([]), "base_url": "",
}  # fmt: skip


def test_a_footer_of_ones_own_is_on_every_page(tmp_path):
    (tmp_path / "base.html").write_text(
        '{% extends "shipped/base.html" %}{% block footer %}<p>Shop Ltd, Seoul</p>{% endblock %}'
    )

    html = environment(EN, str(tmp_path)).get_template("coupons.html").render(SHOWN)

    assert "Shop Ltd, Seoul" in html
    assert "Nobody overtakes. One" not in html
    assert "There are no coupons right now" in html


def test_what_is_not_replaced_is_ours(tmp_path):
    ours = environment(EN).get_template("coupons.html").render(SHOWN)

    assert environment(EN, str(tmp_path)).get_template("coupons.html").render(SHOWN) == ours


@pytest.mark.parametrize("name", ["../conftest.py", "/etc/passwd"])
def test_templates_stay_in_their_folder(tmp_path, name):
    with pytest.raises(TemplateNotFound):
        environment(EN, str(tmp_path)).get_template(name)


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_one_under_its_old_name_still_stands_in_for_ours(tmp_path, capsys, old, new):
    (tmp_path / old).parent.mkdir(exist_ok=True)
    (tmp_path / old).write_text("of the shop")

    found = environment(EN, str(tmp_path)).get_template(new)

    assert found.render() == "of the shop"
    said = capsys.readouterr().out
    assert "which the next release drops" in said
    assert f"new={new} old={old}" in said


def test_one_under_its_new_name_comes_before_one_under_its_old(tmp_path, capsys):
    (tmp_path / "_words.html").write_text("old")
    (tmp_path / "_macros.html").write_text("new")

    assert environment(EN, str(tmp_path)).get_template("_macros.html").render() == "new"
    assert "old name" not in capsys.readouterr().out


@pytest.mark.parametrize("prefix", ["", "shipped/"])
def test_one_of_ones_own_may_build_on_ours_by_its_old_name(tmp_path, capsys, prefix):
    (tmp_path / "problem.html").write_text(
        f'{{% from "{prefix}_words.html" import coupon_state %}}{{{{ coupon_state("open") }}}}'
    )

    html = environment(EN, str(tmp_path)).get_template("problem.html").render()

    assert "Open" in html
    assert "new=_macros.html old=_words.html" in capsys.readouterr().out


@pytest.mark.parametrize("old", RENAMED)
def test_without_a_folder_of_ones_own_there_are_no_old_names(old):
    with pytest.raises(TemplateNotFound):
        environment(EN).get_template(old)


@pytest.mark.parametrize(("old", "new"), RENAMED_FILES.items())
def test_a_script_under_its_old_name_has_the_address_of_the_new(tmp_path, old, new):
    (tmp_path / "base.html").write_text(f"{{{{ static('{old}') }}}}")

    assert environment(EN, str(tmp_path)).get_template("base.html").render() == static(new)
