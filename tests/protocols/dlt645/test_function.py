"""Which function and which generation a control code names (protocols.dlt645.function)."""

import pytest

from protocols.dlt645.frame import Frame
from protocols.dlt645.function import function_of, standard_of

ADDRESS = "123456789012"


@pytest.mark.parametrize(
    ("control", "data", "standard"),
    [
        (0x11, "00000100", "2007"),
        (0x91, "000001003412", "2007"),
        (0x01, "1090", "1997"),
        (0x81, "109078563412", "1997"),
        (0xC1, "02", "1997"),
        (0xD1, "02", "2007"),
        (0x04, "10c0", "1997"),
        (0x14, "0101000400", "2007"),
        (0x08, "000000010126", "2007"),  # the same frame in both: the newer one
        (0x10, "", "1997"),
        (0x0A, "121111111111", "1997"),
        (0x15, "121111111111", "2007"),
        (0x03, "1090", "1997"),  # re-reads; with an identifier of class 07 it is security
        (0x03, "ff000007", "2007"),
        (0xC3, "0100", "2007"),
        (0xC3, "01", "1997"),
        (0x1E, "", "2007"),
    ],
)
def test_the_generation(control, data, standard):
    assert standard_of(Frame(ADDRESS, control, bytes.fromhex(data))) == standard


def test_flags_of_a_reply_do_not_change_its_function():
    assert {function_of("2007", control).name for control in (0x11, 0x91, 0xB1, 0xD1)} == {"read data"}


def test_only_reading_changes_nothing():
    changes = {code: function_of("2007", code).changes for code in range(0x20)}
    assert [code for code, does in changes.items() if not does] == [0x11, 0x12, 0x13]
    changes = {code: function_of("1997", code).changes for code in range(0x20)}
    assert [code for code, does in changes.items() if not does] == [0x01, 0x02, 0x03]


def test_a_code_that_no_standard_has():
    found = function_of("2007", 0x1E)
    assert (found.name, found.changes) == ("unknown", True)
