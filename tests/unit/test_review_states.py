"""Every page and every state of a place has a sample, so that each is looked at and checked."""

from __future__ import annotations

from docs.review_states import shipped, uncovered


def test_every_page_and_state_has_a_sample():
    assert uncovered(shipped()) == []


def test_a_state_and_a_page_without_a_sample_are_named():
    new = {"_place_called_off.html", "site/_place_moved.html", "terms.html", "_parts.html"}

    assert uncovered(new) == ["_place_called_off.html", "site/_place_moved.html", "terms.html"]
