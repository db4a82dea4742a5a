"""Korean and English: the one a reader asks for, and every sentence in each."""

import re

import pytest

from docs.update_catalogues import catalogues, said
from tests.unit.page_reader import Page
from tests.unit.place_template_cast import KO
from tests.unit.template_cast import html_of, pages
from web.i18n import parse_accept_language

PLACEHOLDER = re.compile(r"%\(\w+\)s|%%|</?\w+>")
CATALOGUES = {path.parts[-3]: catalog for path, catalog in catalogues()}


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "en"),
        ("ko", "ko"),
        ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", "ko"),
        ("en-GB,en;q=0.9,ko;q=0.8", "en"),
        ("fr-FR, ko;q=0.3", "ko"),
        ("en;q=0.2, ko;q=0.3", "ko"),
        ("KO-kr", "ko"),
        ("ko;q=0, en", "en"),
        ("ko;q=0", "en"),
        ("ko; q=1.0", "ko"),
        ("de, *;q=0.1", "en"),
        ("ko;q=high, de", "en"),
        (";;;,,, ,=;q=,ko;q=2", "en"),
        (",".join(["xx"] * 1_000) + ",ko", "en"),
    ],
)
def test_the_language_that_a_browser_likes_most_is_spoken(header, code):
    assert parse_accept_language(header) == code


@pytest.mark.parametrize("code", CATALOGUES)
def test_a_catalogue_has_every_sentence_and_no_other(code):
    catalogue = CATALOGUES[code]

    sentences = {one.id for one in said() if one.id}
    known = {one.id for one in catalogue if one.id}

    update = "run: .venv/bin/python -m docs.update_catalogues"
    assert known - sentences == set(), update
    assert sentences - known == set(), update
    assert not catalogue.obsolete
    assert [one.id for one in catalogue if one.id and one.fuzzy] == []


@pytest.mark.parametrize("code", sorted(CATALOGUES.keys() - {"en"}))
def test_every_sentence_is_translated_with_the_same_placeholders(code):
    for one in CATALOGUES[code]:
        if not one.id:
            continue
        several = isinstance(one.id, tuple)
        translations = one.string if several else (one.string,)
        assert translations, one.id
        assert all(translations), one.id
        wanted = set(PLACEHOLDER.findall(one.id[-1] if several else one.id))
        for text in translations:
            assert set(PLACEHOLDER.findall(text)) == wanted, one.id


ALLOWED = {"Open", "Run", "English", "Alice", "UTC", "c", "spring", "lobby"}
# What the console says to admins, who know it by these names.
ALLOWED |= {"alice", "bob", "admin", "Redis", "PNG", "JPEG", "WebP", "kB", "SHA", "Postgres"}
ALLOWED |= {"JavaScript", "CSV", "JSON", "p95", "p99", "ms"}


@pytest.mark.parametrize(("template", "context"), pages(KO).values(), ids=pages(KO))
def test_a_korean_page_is_all_korean(template, context):
    page = Page(html_of(template, KO, **context))

    read = [page.text]
    for tag in page.tags:
        read += [
            value or ""
            for name, value in tag.attrs.items()
            if name in ("aria-label", "title")
            or (name.startswith("data-") and " " in (value or ""))
        ]
    words = set(re.findall(r"[A-Za-z]{2,}", re.sub(r"[\w-]{36}|c-\d", "", " ".join(read))))

    assert page.all("html")[0].attrs["lang"] == "ko"
    assert words - ALLOWED == set()
