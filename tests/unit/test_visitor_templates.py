"""The pages that visitors of a site see are those of members, with the site's own words."""

import re
from dataclasses import replace

import pytest

from tests.unit.page_reader import Page
from tests.unit.place_template_cast import EN, NOON, PLACES, Standing
from tests.unit.template_cast import KNOWN_POSTS, a_coupon, a_problem, html_of, render
from tests.unit.visitor_template_cast import QUERY, a_room, page_context, views, visitor_pages

PAGES = visitor_pages(EN)
IN_LINE = {
    name: place.out
    for name, place in PLACES.items()
    if isinstance(place, Standing) and place.out.state == "waiting"
}
every_page = pytest.mark.parametrize(("template", "context"), PAGES.values(), ids=PAGES)


@every_page
def test_a_visitors_page_never_speaks_of_coupons(template, context):
    page = render(template, **context)

    assert not page.says("oupon")
    assert "left" not in page.with_id("place").attrs["data-news"], "a site has no stock"
    assert all("coupon" not in link.attrs["href"] for link in page.all("a"))


@every_page
def test_a_visitors_links_and_forms_keep_their_target_url(template, context):
    page = render(template, **context)
    section = page.with_id("place").attrs

    asked = [section["hx-get"]] if "hx-get" in section else []
    posts = page.posts()
    gone_to = [link.attrs["href"] for link in page.all("a") if "/go" in link.attrs["href"]]
    for address in [*asked, *posts, *gone_to]:
        assert address.endswith(QUERY), address
    assert all(KNOWN_POSTS.fullmatch(post.removesuffix(QUERY)) for post in posts)


@every_page
def test_a_visitors_fragment_asks_again_only_while_there_is_more_to_come(template, context):
    section = render(template, **context).with_id("place").attrs

    assert ("hx-get" in section) is context["place"].goes_on


@pytest.mark.parametrize("name", IN_LINE)
def test_members_and_visitors_in_line_read_the_same_but_for_what_it_leads_to(name):
    room = a_room()
    view = views(EN, room, "").view(replace(IN_LINE[name], remain_count=None), NOON)
    visitors = render("site/room.html", **page_context(views(EN, room, ""), view))
    members = render("room.html", coupon=a_coupon(), place=PLACES[name].seen())

    terms = [re.findall("<dt>(.*?)</dt>", page.html) for page in (members, visitors)]
    assert [term for term in terms[0] if term != "Coupons left"] == terms[1]


def test_a_site_that_is_asked_too_often_repeats_the_visitors_form():
    problem = a_problem(status=429, retry_after_s=3.0, form=f"/rooms/sale/enter{QUERY}")

    page = Page(html_of("site/problem.html", problem=problem, site_room=a_room()))

    assert page.posts() == [f"/rooms/sale/enter{QUERY}"]
    assert page.refreshes() == [], "reloading would not enter"
