"""Data unit identifiers: points and Fn in four bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.gdw1376_1.units import LAST_FN, LAST_PN, SIZE, decode_unit, encode_unit, groups


@pytest.mark.parametrize(
    ("hexed", "pns", "fns"),
    [
        ("00000100", (0,), (1,)),
        ("01010114", (1,), (161,)),
        ("FF010110", tuple(range(1, 9)), (129,)),
        ("0202100C", (10,), (101,)),
        ("80FF801E", (2040,), (248,)),
        ("01010300", (1,), (1, 2)),
        ("FF000100", (), (1,)),
    ],
)
def test_known_ones(hexed, pns, fns):
    assert decode_unit(bytes.fromhex(hexed)) == (pns, fns)
    if pns:
        assert encode_unit(pns, fns).hex().upper() == hexed


@pytest.mark.parametrize("hexed", ["01010000", "00010100", "0101011F", "010101", "01000100"])
def test_what_names_nothing(hexed):
    with pytest.raises(ValueError, match=r"names|no data unit"):
        decode_unit(bytes.fromhex(hexed))


@pytest.mark.parametrize(
    ("pns", "fns"),
    [((1, 9), (1,)), ((0, 1), (1,)), ((2041,), (1,)), ((1,), (8, 9)), ((1,), (249,)), ((), (1,))],
)
def test_what_does_not_fit_one_unit(pns, fns):
    with pytest.raises(ValueError, match="do not fit"):
        encode_unit(pns, fns)


@given(
    st.sets(st.integers(1, LAST_PN), min_size=1, max_size=30),
    st.sets(st.integers(1, LAST_FN), min_size=1, max_size=6),
)
def test_groups_cover_all_and_nothing_else(pns, fns):
    found = [decode_unit(raw) for raw in groups(pns, fns)]
    pairs = [(pn, fn) for some, wanted in found for pn in some for fn in wanted]
    assert sorted(pairs) == sorted((pn, fn) for pn in pns for fn in fns)
    assert all(len(raw) == SIZE for raw in groups(pns, fns))
