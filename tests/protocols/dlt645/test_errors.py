"""The error byte of abnormal replies (protocols.dlt645.errors)."""

import pytest

from protocols.dlt645.errors import bits, security_bits


@pytest.mark.parametrize(
    ("standard", "data", "names"),
    [
        ("2007", "01", ("other error",)),
        ("2007", "02", ("no requested data",)),
        ("2007", "06", ("no requested data", "password error / not authorised")),
        ("2007", "08", ("baud rate cannot be changed",)),
        ("2007", "70", ("too many year zones", "too many day segments", "too many tariffs")),
        ("1997", "03", ("illegal data", "wrong data identifier")),
        ("1997", "04", ("wrong password",)),
        ("2007", "00", ()),
        ("2007", "", ()),
        ("2007", "0100", ()),
    ],
)
def test_names_of_the_bits(standard, data, names):
    assert bits(standard, bytes.fromhex(data)) == names


@pytest.mark.parametrize(
    ("data", "names"),
    [
        ("0000", ()),
        ("0200", ("repeated recharge",)),
        ("0C00", ("ESAM verification failed", "authentication failed")),
        ("8003", ("address abnormal", "meter suspended", "restoring supply failed")),
        ("0084", ("bit 10", "bit 15")),
        ("02", ()),
        ("020000", ()),
    ],
)
def test_names_of_the_bits_of_security(data, names):
    assert security_bits(bytes.fromhex(data)) == names
