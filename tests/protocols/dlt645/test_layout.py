"""The notation of layouts."""

from decimal import Decimal

import pytest

from protocols.dlt645.layout import Field, Group, length_of, parse, scale_of


@pytest.mark.parametrize(
    ("layout", "length", "scale"),
    [
        ("XXXXXX.XX", 4, "0.01"),
        ("XXX", 2, "1"),
        ("NN", 1, "1"),
        ("XXX.X{3}", 6, "0.1"),
        ("XXXXXX.XX{n}", "4*n", "0.01"),
        ("(XX.XXXX+YYMMDDhhmm){n}", "8*n", "0.0001"),
        ("hhmmNN{m}", "3*m", None),
        ("YYMMDDhhmmss+HEX(4)+hhmmNN{224}", 682, None),
        ("ASCII(32)", 32, None),
        ("YYMMDDWWhhmmss", 7, None),
        ("LOADREC[XX.XXXX{8}]", "var", None),
        ("items in order 00,01..0A,10", "var", None),
    ],
)
def test_length_and_scale(layout, length, scale):
    assert length_of(layout) == length
    assert scale_of(layout) == (None if scale is None else Decimal(scale))


def test_groups():
    assert parse("(XXXXXX+XXXXXX){3}") == (Group((Field("number", 3), Field("number", 3)), 3),)
    assert parse("XXX.X+HEX") == (Group((Field("number", 2, 1),), 1), Group((Field("hex", 0),), 1))


@pytest.mark.parametrize("layout", ["QQ", "XX.", "X-X", "YYM"])
def test_a_mistake_in_a_layout_is_said(layout):
    with pytest.raises(ValueError, match="layout"):
        parse(layout)
