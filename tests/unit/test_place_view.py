"""PlaceView: what is in the shape, what is in the texts, and that a crowd's are cheap to make."""

import time

from tests.unit.place_template_cast import EN, GOING_ON, KO, NOON, SITE_NAME, in_lobby, waiting
from tests.unit.template_cast import fragment, html_of
from web.pages.member.place_text import (
    find_progress,
    waiting_news,
    waiting_room,
)
from web.pages.member.place_view import TEXTS, PlaceView


def test_the_texts_and_the_shape_are_all_there_is_to_a_waiting_place():
    """The same shape with other texts is the same markup: it can be made ready and filled."""
    for language in (EN, KO):
        one = waiting(240, started_ahead=900, remain_count=2_000).seen(language)
        other = waiting(57, started_ahead=400, remain_count=1_500, eta_s=45).seen(language)
        assert one.shape == other.shape

        html = html_of("_place.html", language, place=one)
        for name in sorted(TEXTS, key=lambda name: -len(getattr(one, name))):
            value = getattr(one, name)
            if value:
                html = html.replace(f">{value}<", f">{getattr(other, name)}<")
                html = html.replace(f'"{value}"', f'"{getattr(other, name)}"')
        html = html.replace(one.place_size, other.place_size)
        html = html.replace(f"scale({one.progress} ", f"scale({other.progress} ")
        html = html.replace(f"delay:{one.ask_again_s}s", f"delay:{other.ask_again_s}s")

        assert html == html_of("_place.html", language, place=other)


def test_places_of_one_shape_have_the_same_markup():
    found: dict[object, list[object]] = {}
    for place in GOING_ON.values():
        markup = [(tag.name, *tag.attrs, tag.inside) for tag in fragment(place).tags]
        found.setdefault(place.seen().shape, []).append(markup)

    assert max(len(alike) for alike in found.values()) > 1
    for alike in found.values():
        assert all(markup == alike[0] for markup in alike)


def test_texts_that_are_filled_in_need_no_escaping():
    """But for the site's own name, which is escaped once."""
    for language in (EN, KO):
        for place in GOING_ON.values():
            view = place.seen(language)
            for name in TEXTS:
                assert not set(getattr(view, name)) & set("<>&\"'"), (name, getattr(view, name))


def test_a_title_begins_with_the_place():
    assert waiting(1_204).seen().title == "1,204 · In line · Open Run"
    assert waiting(1_204).seen(KO).title == "1,204 · 대기 중 · Open Run"
    assert in_lobby(7, opening="first_come").seen(KO).title == "7 · 사전 대기 중 · Open Run"


def test_sentences_around_a_number_are_the_catalogues():
    for language in (EN, KO):
        room = waiting_room(language, "open", 1_312, SITE_NAME)
        one = waiting(41, remain_count=1_312, eta_s=600).out
        place, wait = (
            language.gettext(f"{before}%({name})s.", **{name: "41"})
            for before, name in (("Your place in line is ", "place"), ("Estimated wait: ", "wait"))
        )
        assert waiting_news(language, room, one, "41", "41", "") == f"{place} {wait}"


def test_progress_is_whole_and_never_more_than_all_of_it():
    ways = [(0, 0), (0, None), (0, 10), (5, 10), (10, 10), (20, 10), (1, 1_000_000)]

    assert [find_progress(*way) for way in ways] == [100, 100, 100, 50, 0, 0, 99]


def test_a_crowds_views_are_cheap():
    crowd = [waiting(n * 37 + 2, started_ahead=500_000).out for n in range(2_000)]
    for language in (EN, KO):
        best_us = float("inf")
        for _ in range(5):
            began = time.process_time()
            for out in crowd:
                PlaceView.from_place(
                    out, language=language, now=NOON, site_name=SITE_NAME, started_ahead=9_999
                )
            best_us = min(best_us, (time.process_time() - began) / len(crowd) * 1e6)

        assert best_us < 100, "five times what it takes here, for slower machines"
        print(f"{best_us:.1f} us")
