"""A picture in the docs is as new as the page that it shows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from docs import make_pictures, picture_sources
from docs.make_console_screenshots import SHOWN as OF_THE_CONSOLE
from docs.make_screenshots import SHOWN as OF_MEMBERS
from docs.picture_pages import MAKERS
from docs.picture_sources import maker_of, pictures, record, scene_of, stale

WAITING = {"branded", "line", "near", "paused", "unlikely", "waiting"}
BOARD = {"board", "board-paused", "board-question", "board-simulate", "line"}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what pictures are made from, with a picture of each name, all just taken."""
    root = picture_sources.ROOT
    for folder in ("web/templates", "web/static", "web/locales", "load/compare/templates"):
        shutil.copytree(root / folder, tmp_path / folder)
    shown = tmp_path / "docs" / "screenshots"
    shown.mkdir(parents=True)
    names = pictures()
    for name in ("ROOT", "FOLDER", "MANIFEST", "STATIC", "CATALOGUES"):
        there = getattr(picture_sources, name)
        monkeypatch.setattr(picture_sources, name, tmp_path / there.relative_to(root))
    templates = tuple(tmp_path / one.relative_to(root) for one in picture_sources.TEMPLATES)
    monkeypatch.setattr(picture_sources, "TEMPLATES", templates)
    for name in names:
        (shown / name).touch()
        record(name)
    return tmp_path


def stale_scenes(checkout: Path, file: str, old: str, new: str) -> set[str]:
    """The scenes with a picture that is out of date once `old` is `new` in this file."""
    path = checkout / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    return {scene_of(picture) for picture in stale()}


def test_no_picture_is_older_than_its_page():
    found = stale()

    assert not found, "\n" + make_pictures.describe(found)


@pytest.mark.usefixtures("checkout")
def test_what_was_just_taken_is_not_out_of_date():
    assert stale() == {}
    assert len(pictures()) > 50


@pytest.mark.parametrize(
    ("file", "scenes"),
    [
        ("web/templates/_place_waiting.html", WAITING),
        ("web/templates/_coupon_scheduled.html", {"countdown", "coupon", "line"}),
        ("web/templates/_coupons.html", {"coupons"}),
        ("web/templates/admin/_room_controls.html", BOARD),
        ("load/compare/templates/report.html", {"compare"}),
    ],
)
def test_a_changed_template_outdates_the_pages_that_show_it(
    checkout: Path, file: str, scenes: set[str]
):
    assert stale_scenes(checkout, file, "</p>", " </p><hr>") == scenes


@pytest.mark.parametrize(
    ("file", "scenes"),
    [
        ("web/static/board.css", {*BOARD, "board-result"}),
        ("web/static/admin.css", {*MAKERS["docs.make_console_screenshots"], "line"}),
        ("load/compare/templates/report.css", {"compare"}),
    ],
)
def test_a_changed_style_sheet_outdates_the_pages_that_ask_for_it(
    checkout: Path, file: str, scenes: set[str]
):
    assert stale_scenes(checkout, file, "}", "color:red}") == scenes


def test_a_changed_translation_outdates_the_pictures_of_its_language(checkout: Path):
    korean = checkout / "web/locales/ko/LC_MESSAGES/messages.po"
    korean.write_text(korean.read_text("utf-8").replace("앞에", "바로 앞에"), "utf-8")

    found = stale()

    assert WAITING & {scene_of(name) for name in found}
    assert {name for name in found if "-ko" not in name} == set()
    assert all(changed == ["sentences in ko"] for changed in found.values())


def test_a_comment_outdates_nothing(checkout: Path):
    file = "web/templates/base.html"

    assert stale_scenes(checkout, file, "<body", "{# for\nus #}\n  <body") == set()


def test_a_picture_that_is_taken_again_is_up_to_date(checkout: Path):
    stale_scenes(checkout, "web/templates/admin/signin.html", "{% block", "<hr>{% block")

    record("admin-signin-wide.png")

    assert list(stale()) == ["admin-signin-phone.png"]


def test_a_new_picture_is_out_of_date_until_it_is_recorded(checkout: Path):
    (checkout / "docs" / "screenshots" / "board-phone-dark.png").touch()

    assert list(stale()) == ["board-phone-dark.png"]


def test_without_a_record_every_picture_is_out_of_date(checkout: Path):
    picture_sources.MANIFEST.unlink()

    assert list(stale()) == pictures()


def test_a_picture_that_is_gone_leaves_the_record(checkout: Path):
    (checkout / "docs" / "screenshots" / "draw-wide.png").unlink()

    record("board-wide.png")

    assert "draw-wide.png" not in picture_sources.read_manifest()


def test_a_picture_that_no_command_makes_is_named():
    with pytest.raises(LookupError, match=r"picture_pages\.py doesn't say what sun-wide\.png"):
        maker_of("sun-wide.png")


@pytest.mark.parametrize(
    ("module", "shown"),
    [
        ("docs.make_screenshots", OF_MEMBERS),
        ("docs.make_console_screenshots", OF_THE_CONSOLE),
    ],
)
def test_a_command_takes_the_pictures_that_are_listed_for_it(module: str, shown: set[str]):
    assert {scene_of(name) for name in shown} == MAKERS[module].keys()
    assert shown == {name for name in pictures() if maker_of(name) == module}


def test_one_command_runs_all_that_make_pictures(monkeypatch: pytest.MonkeyPatch):
    ran = []

    def run(command: list[str], **_: object):
        ran.append(command[-1])
        return type("Done", (), {"returncode": int(command[-1] == "docs.make_phase_diagrams")})

    monkeypatch.setattr(make_pictures.subprocess, "run", run)

    code = make_pictures.main([])

    assert set(ran) >= {*MAKERS, "docs.make_autopilot_chart", "docs.make_phase_diagrams"}
    assert code == 1  # one failed, and the others ran all the same


def test_only_what_is_out_of_date_is_taken_again(
    checkout: Path, capsys: pytest.CaptureFixture[str]
):
    stale_scenes(checkout, "load/compare/templates/report.css", "}", "color:red}")

    assert set(MAKERS) & set(make_pictures.wanted(["--stale"])) == {"docs.make_compare_screenshots"}
    assert make_pictures.main(["--list"]) == 1
    said = capsys.readouterr().out
    assert "compare-wide.png: load/compare/templates/report.css changed\n" in said
    assert "python3 run.py pictures --stale" in said
