"""Member ids: what shops have is one, and what is none is refused with what is wrong."""

import pytest

from domain.member import MEMBER_ID_LENGTH_MAX, BadMemberId, Member, check_member_id, is_member_id
from tests.member_ids import ALLOWED, NOT_ALLOWED, SHOP_IDS


@pytest.mark.parametrize("text", SHOP_IDS)
def test_an_id_that_a_shop_has_is_one(text):
    assert Member(text).id == text


def test_each_printable_sign_but_a_few_may_be_in_an_id():
    ascii_ = [chr(number) for number in range(128)]

    assert [one for one in ascii_ if is_member_id(one)] == sorted(ALLOWED)
    assert [one for one in ascii_ if one.isprintable() and not is_member_id(one)] == sorted(
        NOT_ALLOWED
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a b", "has a space (U+0020)"),
        ("a'b", "has ' (U+0027)"),
        ('"alice"', 'has " (U+0022)'),
        ("`id`", "has ` (U+0060)"),
        ("<b>", "has < (U+003C)"),
        ("a>", "has > (U+003E)"),
        ("a\\b", "has \\ (U+005C)"),
        ("앨리스", "has 앨 (U+C568)"),
        ("alice\n", "has U+000A"),
        ("a\0", "has U+0000"),
        ("a\x7f", "has U+007F"),
        ("a\xa0b", "has U+00A0"),
        ("\ud800", "has U+D800"),
        ("\uff11\uff12", "has \uff11 (U+FF11)"),
        ("", "has 0 characters"),
        ("a" * (MEMBER_ID_LENGTH_MAX + 1), "has 129 characters"),
    ],
)
def test_what_is_wrong_with_an_id_is_named(text, said):
    with pytest.raises(BadMemberId) as told:
        check_member_id(text)

    assert str(told.value).endswith(said)
    assert "1 to 128 printable ASCII" in str(told.value)
    with pytest.raises(BadMemberId):
        Member(text)
