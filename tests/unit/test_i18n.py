"""Korean and English: the one a reader asks for, and every sentence in each."""

import re

import pytest

from docs.update_catalogues import catalogues, said
from domain.refusals import REFUSALS, refusals_of
from tests.unit.page_reader import Page
from tests.unit.place_template_cast import KO
from tests.unit.template_cast import html_of, pages
from web.auth.token_claims import BadToken
from web.exception_handlers import to_problem
from web.i18n import languages, parse_accept_language
from web.pages.admin.result import refusals
from web.pages.error_page import render_problem
from web.pages.member.place_view import refused
from web.pages.render import environment
from web.problems import KINDS, Problem
from web.schemas.public import RefusalOut

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

    sentences = {(one.context, one.id) for one in said() if one.id}
    known = {(one.context, one.id) for one in catalogue if one.id}

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


@pytest.mark.parametrize("kind", KINDS)
def test_a_problem_has_a_sentence_as_its_korean_title(kind):
    title = render_problem(Problem(kind), KO)["title"]

    assert title.endswith("요")


@pytest.mark.parametrize("language", languages().values(), ids=languages())
@pytest.mark.parametrize("kind", KINDS)
def test_a_problem_does_not_repeat_its_title(kind, language):
    problem = render_problem(Problem(kind), language)

    assert problem["detail"].rstrip(".").casefold() != problem["title"].casefold()


@pytest.mark.parametrize("slug", [*refusals_of("enter", "issue"), "coupon_lost"])
def test_a_refusal_has_another_korean_title_where_it_is_counted(slug):
    """A sentence on the member's page; a noun above the console's figure."""
    kind = REFUSALS[slug]
    known = RefusalOut(type=slug, title=kind.title, detail=kind().detail)

    title = refused("spring", known, language=KO, site_name="").refusal_title
    [(counted, _)] = refusals({slug: 1}, KO)

    assert title.endswith("요")
    assert re.search("[가-힣]", counted)
    assert not counted.endswith("요")


def test_a_member_reads_what_to_do_about_a_bad_token_and_a_developer_its_cause():
    error = BadToken("The member token must be signed with HS256.")

    shown = render_problem(to_problem(error), KO)

    assert shown["detail"] == "로그인 정보를 확인할 수 없어요. 쇼핑몰에서 다시 들어와 주세요."
    assert shown["cause"] == "회원 토큰은 HS256으로 서명해야 해요."


def test_an_expired_sign_in_has_no_cause_for_developers():
    error = BadToken(
        "Your sign-in has expired. Go back to the shop and follow the link again.",
        is_for_member=True,
    )

    shown = render_problem(to_problem(error), KO)

    assert shown["detail"] == "로그인 유효 시간이 지났어요. 쇼핑몰에서 다시 들어와 주세요."
    assert shown["cause"] == ""


def test_a_template_translates_a_message_by_its_context():
    template = environment(KO).from_string(
        """{{ _("Closed") }}, {{ pgettext("problem title", "Closed") }}"""
    )

    assert template.render() == "종료, 종료된 쿠폰이에요"


ALLOWED = {"Open", "Run", "English", "Alice", "UTC", "c", "spring", "lobby"}
# What the console says to admins, who know it by these names.
ALLOWED |= {"alice", "bob", "admin", "Redis", "PNG", "JPEG", "WebP", "kB", "SHA", "Postgres"}
ALLOWED |= {"JavaScript", "CSV", "JSON", "p95", "p99", "ms", "MB", "noeviction"}
# What admins of sites know by these names: codes, addresses, algorithms and secrets.
ALLOWED |= {"shop", "Shop", "sale", "http", "localhost", "example", "TLS", "API", "wrs"}
ALLOWED |= {"ES", "RS", "HS", "PASS", "KEYS"}
# Of an issued coupon.
ALLOWED |= {"QR"}


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
    text = re.sub(r"[\w-]{36}|c-\d|K7M2-P9QX", "", " ".join(read))
    words = set(re.findall(r"[A-Za-z]{2,}", text))

    assert page.all("html")[0].attrs["lang"] == "ko"
    assert words - ALLOWED == set()
