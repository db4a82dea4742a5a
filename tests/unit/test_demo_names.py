"""In the demo any display name is a member: the same name always the same one."""

import unicodedata

import pytest

from domain.member import check_member_id
from web.auth.demo_names import BadName, visitor_named
from web.auth.member_tokens import NAME_LENGTH_MAX


@pytest.mark.parametrize("name", ["alice", "user:7", "a+b@x.com"])
def test_a_name_that_is_a_member_id_is_its_own(name):
    assert (visitor_named(name).id, visitor_named(name).name) == (name, name)


@pytest.mark.parametrize("name", ["홍길동", "Alice Liddell", "<b>", "李さくら", "👩‍👩‍👧"])
def test_any_other_name_gets_an_id_of_its_own(name):
    visitor = visitor_named(name)

    check_member_id(visitor.id)
    assert visitor.name == name
    assert visitor_named(name) == visitor
    assert visitor_named(name + "2").id != visitor.id


@pytest.mark.parametrize(
    "typed",
    [" 홍길동 ", "홍길동\u3000", unicodedata.normalize("NFD", "홍길동")],
    ids=["spaces", "a wide space", "as macOS writes it"],
)
def test_one_name_is_one_member_however_it_is_typed(typed):
    assert visitor_named(typed) == visitor_named("홍길동")
    assert visitor_named("Alice   Liddell") == visitor_named("Alice Liddell")


@pytest.mark.parametrize("text", ["", "  ", "a\0b", "\ud800", "가" * (NAME_LENGTH_MAX + 1)])
def test_what_is_no_name_is_refused(text):
    with pytest.raises(BadName):
        visitor_named(text)
