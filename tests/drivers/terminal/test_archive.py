"""A terminal's archive held against ours."""

from dataclasses import replace

import pytest

from drivers.terminal.archive import compare, entry_of
from tests.drivers.terminal.place import meters_of


def test_addresses_decide_and_everything_else_is_a_difference():
    meters = meters_of(4)
    entries = [entry_of(meter) for meter in meters]
    entries[1] = replace(entries[1], address="000000000099")
    entries[2] = replace(entries[2], protocol=1)
    stranger = replace(entries[0], point=9, serial=9, address="000000000042")
    found = compare(meters, [*entries[:3], stranger], [1, 2, 3, 4])
    assert found.verified == {1: "000000000001", 3: "000000000003"}
    assert found.lines() == (
        "pn 2 address: 000000000099 / 000000000002",
        "pn 3 protocol: 1 / 30",
        "pn 4 missing: - / 000000000004",
        "pn 9 unknown: 000000000042 / -",
    )


def test_points_that_were_not_asked_for_are_not_missing():
    meters = meters_of(2)
    assert compare(meters, [entry_of(meters[0])], [1]).differences == ()


def test_an_entry_says_what_our_archive_says():
    meter = replace(
        meters_of(1)[0], device_no=7, port=2, baud=2400, tariffs=2, user_class="E.1", collector_address="55"
    )
    entry = entry_of(meter)
    assert (entry.serial, entry.point, entry.port, entry.baud, entry.tariffs) == (7, 1, 2, 3, 2)
    assert (entry.major, entry.minor, entry.collector, entry.protocol) == (4, 1, "000000000055", 30)
    with pytest.raises(ValueError, match="point_no"):
        entry_of(replace(meter, point_no=None))
