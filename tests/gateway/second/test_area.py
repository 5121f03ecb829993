"""An area from a table."""

import pytest

from gateway.second.area import AreaError, read_area


def test_supply_customers_and_gaps_are_told_apart():
    area = read_area(["time,supply,A,B", "00:00,10,4,5.5", "", "01:00,9,,4", "02:00,,1,2"])
    assert area.supply == [10.0, 9.0, None]
    assert area.customers == {"A": [4.0, None, 1.0], "B": [5.5, 4.0, 2.0]}


def test_two_supplies_add_up_and_one_alone_is_none():
    area = read_area(["供电,supply,A,B", "1,2,1,1", "1,,1,1"])
    assert area.supply == [3.0, None]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "supply"),
        (["A,B", "1,2"], "supply"),
        (["supply,A", "1,2"], "1 customers"),
        (["supply,A,A", "1,2,3"], "column A"),
        (["supply,A,B", "1,2,x"], "line 2, B: 'x'"),
        (["supply,A,B", "1,nan,2"], "line 2, A: 'nan'"),
    ],
)
def test_what_is_no_area_is_refused_with_its_place(lines, said):
    with pytest.raises(AreaError, match=said):
        read_area(lines)
