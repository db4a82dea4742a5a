import pytest

HOME = "domain/room_settings.py"


def test_what_is_planted_is_listed_until_it_is_removed(copy):
    copy.write("domain/planted.py", "PLANTED = 1\n")
    copy.write("tests/test_planted.py", "")
    copy.replace(HOME, '"""RoomSettings: ', '"""RoomSettings, planted: ')

    planted = copy.changed_files()
    code = copy.changed_code_files()
    (copy.folder / "domain/planted.py").unlink()
    (copy.folder / "tests/test_planted.py").unlink()
    copy.replace(HOME, '"""RoomSettings, planted: ', '"""RoomSettings: ')

    assert planted == ["domain/planted.py", HOME, "tests/test_planted.py"]
    assert code == ["domain/planted.py", HOME]
    assert copy.changed_files() == []


def test_what_stands_nowhere_or_twice_is_not_replaced(copy):
    with pytest.raises(ValueError, match="0 times"):
        copy.replace(HOME, "never written", "")
    with pytest.raises(ValueError, match="times"):
        copy.replace(HOME, "import", "")


def test_a_program_sees_the_code_of_the_copy(copy):
    copy.write("domain/planted.py", "PLANTED = 1\n")

    printed = copy.run("-c", "from domain.planted import PLANTED; print(PLANTED)")

    assert printed == "1\n"


def test_a_program_that_fails_in_the_copy_is_told_with_what_it_printed(copy):
    with pytest.raises(AssertionError, match="no such thing"):
        copy.run("-c", "import sys; sys.exit('no such thing')")
