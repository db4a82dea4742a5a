"""Fragments made ready: filled, they are what the template gives; or else they are not used."""

import re
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest

from domain.rfc3339 import rfc3339
from web.i18n import languages
from web.pages.member.fragment_cache import FragmentCache
from web.pages.member.place_view import PlaceView
from web.pages.render import environment
from web.schemas.public import PlaceOut

COMPUTING = "<p>{{ place.progress|int + 1 }} of {{ place.place_text|length }}</p>"
NOON = datetime(2026, 5, 1, 1, tzinfo=UTC)


def view(language, **changes: object) -> PlaceView:
    place = {
        "room": "spring", "state": "waiting", "place": 1_205, "ahead": 1_204, "eta_s": 120,
        "ask_again_s": 2.5, "arrived_at": rfc3339(NOON), "remain_count": 312, "room_state": "open",
    } | changes  # fmt: skip
    return PlaceView.from_place(
        PlaceOut(**place),
        language=language,
        now=NOON,
        site_name="Bob's <Shop>",
        started_ahead=2_000,
    )


def fragment_cache(language, templates_dir: str = "", **context: object) -> FragmentCache:
    return FragmentCache(
        environment(language, templates_dir).get_template("_place.html"), **context
    )


def in_one_line(html: str) -> str:
    return re.sub(r"\s*\n\s*", " ", html)


def views(language) -> list[PlaceView]:
    """Somebody of each kind who waits."""
    found = []
    for ahead, remain, state, eta_s in product(
        (0, 1, 57, 1_204), (0, 60, 5_000), ("open", "paused"), (None, 30, 7_200)
    ):
        more = {"place": ahead + 1, "ahead": ahead, "remain_count": remain, "eta_s": eta_s}
        found.append(view(language, room_state=state, **more))
    for returned in ("head", "end"):
        found.append(view(language, returned=returned))
    for opening, place in (("draw", None), ("first_come", 41)):
        lobby = {
            "room_state": "scheduled",
            "opening": opening,
            "opens_at": rfc3339(NOON + timedelta(hours=1)),
        }
        found.append(view(language, place=place, ahead=place and place - 1, **lobby))
    return found


@pytest.mark.parametrize("code", list(languages()))
def test_whoever_waits_is_shown_what_the_template_shows(code):
    language = languages()[code]
    made_ready = fragment_cache(language)
    template = environment(language, "").get_template("_place.html")

    for one in [*views(language), *views(language)]:  # made ready, then filled
        assert in_one_line(made_ready.html(one)) == in_one_line(template.render(place=one).strip())
    assert None not in made_ready._ready.values()


def test_a_shape_is_rendered_once_for_a_crowd(monkeypatch):
    language = languages()["ko"]
    fragments = fragment_cache(language)
    rendered = []
    render = fragments._rendered
    monkeypatch.setattr(fragments, "_rendered", lambda *given: rendered.append(1) or render(*given))

    pages = {fragments.html(view(language, place=n + 1, ahead=n)) for n in range(2_000, 2_500)}

    assert len(pages) == 500
    assert len(rendered) == 2


def test_what_a_shop_is_called_cannot_break_out_of_the_page():
    language = languages()["en"]

    html = fragment_cache(language).html(view(language))

    assert "Bob&#39;s &lt;Shop&gt;" in html
    assert "<Shop>" not in html


def test_a_template_that_computes_with_the_texts_is_rendered_each_time(tmp_path: Path):
    language = languages()["en"]
    (tmp_path / "_place.html").write_text(COMPUTING)
    fragments = fragment_cache(language, str(tmp_path))

    assert fragments.html(view(language)) == "<p>40 of 5</p>"
    assert fragments.html(view(language, place=9, ahead=8)) == "<p>100 of 1</p>"
