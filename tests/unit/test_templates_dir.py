"""A shop's own templates come before ours, and may build on them."""

import pytest
from jinja2 import TemplateNotFound

from tests.unit.place_template_cast import EN
from tests.unit.template_cast import alice, list_of
from web.pages.render import environment

SHOWN = {
    "site_name": "Shop", "member": alice, "demo": False, "switches": [],
    "coupon_list": list_of([]),
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
