"""What is true of every page."""

import re
from datetime import datetime
from types import SimpleNamespace

import pytest

from tests.unit.place_template_cast import waiting
from tests.unit.template_cast import (
    KNOWN_POSTS,
    SIGNIN,
    WEB,
    a_coupon,
    a_problem,
    an_issued_coupon,
    every_page,
    list_of,
    render,
)


@every_page()
def test_a_page_keeps_the_strict_content_security_policy(template, context):
    page = render(template, **context)

    for tag in page.tags:
        assert tag.name != "style"
        assert "style" not in tag.attrs
        assert not [name for name in tag.attrs if name.startswith(("on", "hx-on"))]
        if tag.name == "script":
            assert tag.attrs["src"].startswith("/static/")
        outside = "|https://" if tag.name == "a" else ""  # to the shop
        for name in ("src", "href", "action"):
            address = tag.attrs.get(name) or "/"
            assert re.match(rf"[/#]{outside}", address), "everything is from here"


@every_page()
def test_a_page_can_be_found_ones_way_in(template, context):
    page = render(template, **context)

    assert page.all("html")[0].attrs["lang"] == "en"
    assert [link.attrs["lang"] for link in page.all("a") if "hreflang" in link.attrs] == [
        "en",
        "ko",
    ]
    for landmark in ("header", "nav", "main", "footer", "title", "h1"):
        assert len(page.all(landmark)) == 1, landmark
    ids = [tag.attrs["id"] for tag in page.tags if "id" in tag.attrs]
    assert len(ids) == len(set(ids))
    for tag in page.tags:
        for name in ("for", "aria-labelledby", "aria-describedby"):
            assert set((tag.attrs.get(name) or "").split()) <= set(ids)


READS = re.compile(r"/admin/(audit|overview|rooms/[^/]+/compare)")


@every_page()
def test_every_form_posts_to_a_known_path(template, context):
    page = render(template, **context)

    for form in page.all("form"):
        if READS.fullmatch(form.attrs["action"]):
            continue  # it only asks
        assert form.attrs["method"] == "post"
        assert KNOWN_POSTS.fullmatch(form.attrs["action"])


@every_page()
def test_every_time_can_be_read_by_a_machine(template, context):
    page = render(template, **context)

    for time in page.all("time"):
        assert datetime.fromisoformat(time.attrs["datetime"]).tzinfo


@pytest.mark.parametrize(
    ("template", "context"),
    [
        ("_coupons.html", {"coupons": [a_coupon(description="<script>alert(1)</script>")]}),
        (
            "my_coupons.html",
            {"issued": [an_issued_coupon(description="<script>alert(1)</script>")]},
        ),
        ("problem.html", {"problem": a_problem(detail="<script>alert(1)</script>")}),
        ("signin.html", {**SIGNIN, "next": '"><script>alert(1)</script>', "error": "<script>"}),
        ("room.html", {"coupon": a_coupon(description="<script>"), "place": waiting(3).seen()}),
    ],
)
def test_what_others_wrote_is_shown_and_never_run(template, context):
    page = render(template, **context)

    assert all("src" in script.attrs for script in page.all("script"))
    assert "&lt;script&gt;" in page.html


def test_a_members_name_is_shown_and_never_run():
    page = render(
        "coupons.html", coupon_list=list_of([]), member=SimpleNamespace(id="m", name='<b onx="1">')
    )

    assert page.says('<b onx="1">')
    assert not page.all("b")


def test_the_style_sheet_brings_nothing_along():
    css = (WEB / "static" / "app.css").read_text(encoding="utf-8")

    assert "url(" not in css
    assert "@import" not in css
