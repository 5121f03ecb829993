"""Commands to a modem (protocols.modem_at.command)."""

import pytest

from protocols.modem_at.command import dial, line


def test_numbers_are_dialled_by_tone_unless_they_say_otherwise():
    assert dial("02512345678") == b"ATDT02512345678\r"
    assert dial("P0,12345678") == b"ATDP0,12345678\r"
    assert dial("0W*12#") == b"ATDT0W*12#\r"


@pytest.mark.parametrize("number", ["", "123;", "123\rATH", "12 3", "1" * 41, "abc", "１２３"])
def test_nothing_else_is_dialled(number):
    with pytest.raises(ValueError, match="number"):
        dial(number)


def test_commands_of_the_configuration():
    assert line("AT&F") == b"AT&F\r"
    for text in ("X1", "AT\r", "ATé"):
        with pytest.raises(ValueError, match="command"):
            line(text)
