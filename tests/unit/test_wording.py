"""The words of the pages: the glossary's Korean terms, and wordings that must not come back."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from babel.messages import Catalog

from docs.update_catalogues import catalogues

ROOT = Path(__file__).parents[2]
GLOSSARY = ROOT / "docs" / "glossary.md"
# The Korean labels of the proof of work, which the browser adds to the page.
CHALLENGE = ROOT / "web" / "static" / "challenge.js"
# A row of a table whose Korean term is bold: a word of the pages.
PAGE_TERM = re.compile(r"^\| (?P<english>[^|]+) \| \*\*(?P<korean>[^|*]+)\*\* \|", re.MULTILINE)
CATALOGUES = {path.parts[-3]: catalog for path, catalog in catalogues()}

# Private nouns, metaphors and translated English, each with what to write.
ENGLISH = {
    r"told (no|of|“)": "refused, issued",
    r"went away": "left",
    r"(put )?in force": "apply, current",
    r"settings no\.": "version",
    r"(how many|what) there (is|are)": "quantity, coupon",
    r"on offer|given out": "issued, available",
    r"after a pause(?!;)": "burst",
    r"under way": "in progress",
    r"passed over|silence": "skipped, no response",
    r"let through": "admitted",
    r"put the logo|take the logo|picture": "upload logo, remove logo, image",
    r"written down": "reserved, saved, recorded",
    r"resting": "paused for a moment",
    r"place is kept|as your ticket": "your place is safe",
    r"^who (has|turns|was)": "name the actor",
    r"can be had": "available",
    r"kept out": "disabled",
    r"mend": "repair",
    r"(is|are) away": "unreachable, unavailable",
    r"office|door|by hand|beat": "issuing, entry, manual, interval",
    r"by itself": "automatically",
    r"bears?\b|step down|the (least|most)\b(?! that)": "can take, rate lowered, minimum, maximum",
    r"are you sure": "what is lost, and whether it can be undone",
}
KOREAN = {
    r"내놓": "만들기",
    r"^(무엇을|언제)$": "쿠폰 정보, 일정",
    r"~%\(most\)s\w{0,2}(이에요|예요)": "사이로 입력해 주세요",
    r"그림(?!자)": "이미지",
    r"모양": "디자인",
    r"(로고|그림) (올리기|내리기)": "업로드, 삭제",
    r"(?<!기열 )줄 종료": "대기열 종료",
    r"설정 %\(version\)s번|\(으\)로": "설정 버전, →",
    r"읽은 시각|마지막 확인": "업데이트",
    r"작업자|묶음|입장 관리자": "워커, 배치, 입장 처리기",
    r"아슬아슬": "장담하기 어려워요",
    r"도착 시각|줄 선 시각": "들어온 시각",
    r"발급처": "쿠폰 발급",
    r"(?<!사전 )대기실": "대기열",
    r"계산 확인": "봇 방지 확인",
    r"토큰이 만료": "로그인 유효 시간이 지났어요",
    r"스스로|저절로": "자동으로",
    r"(적어|골라) 주": "입력, 선택",
    r"줄 서기 방지": "봇 방지 확인",
    r"미응답": "자리 비움",
    r"(?<!가상 )대기자": "회원",
    r"\\ [은는을를]": "기호는, 기호를",
    r"(오|하|보|쓰)(시[는면]|실)|셔도": "the verb without -시-",
    r"로그인 시간이": "로그인 유효 시간",
}
FORBIDDEN = {"en": ENGLISH, "ko": KOREAN}


def read_texts(code: str, catalogue: Catalog) -> Iterator[str]:
    """What a reader of this language sees: of English the message ids."""
    if code == "ko":
        yield from re.findall(r'"([^"]*[가-힣][^"]*)"', CHALLENGE.read_text("utf-8"))
    for one in catalogue:
        if not one.id:
            continue
        texts = one.id if code == "en" else one.string
        yield from (texts,) if isinstance(texts, str) else texts


def read_page_terms() -> dict[str, str]:
    """The Korean terms of the pages in the glossary, by their English ones."""
    found = PAGE_TERM.finditer(GLOSSARY.read_text("utf-8"))
    return {row["english"]: row["korean"] for row in found}


def find_forbidden(code: str, texts: Iterable[str]) -> list[str]:
    """The texts with a wording that was replaced, each with what to write."""
    return [
        f"“{text}”: write {instead}"
        for text in texts
        for pattern, instead in FORBIDDEN[code].items()
        if re.search(rf"\b(?:{pattern})" if code == "en" else pattern, text, re.IGNORECASE)
    ]


def test_a_korean_glossary_term_of_the_pages_is_on_a_page():
    terms = read_page_terms()
    pages = "\n".join(read_texts("ko", CATALOGUES["ko"]))

    missing = {english: korean for english, korean in terms.items() if korean not in pages}

    assert len(terms) > 40
    assert missing == {}


@pytest.mark.parametrize("code", FORBIDDEN)
def test_no_page_uses_a_wording_that_was_replaced(code):
    assert find_forbidden(code, read_texts(code, CATALOGUES[code])) == []


def test_no_korean_page_term_of_the_glossary_is_a_wording_that_was_replaced():
    assert find_forbidden("ko", read_page_terms().values()) == []


def test_the_proof_of_work_has_the_same_korean_name_in_the_browser_as_in_the_glossary():
    assert f'label: "{read_page_terms()["challenge, solution"]}"' in CHALLENGE.read_text("utf-8")
