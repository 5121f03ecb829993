"""Cells of a batch as what a store keeps (gateway.master.rows)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.master import rows
from gateway.master.rows import Aside, parse_readings, parse_small

GOOD = [
    "M1", "1-0:1.8.0", "1.50", "kWh", "2026-03-02T00:00:00+08:00", "2026-03-02T00:00:05+08:00",
    "WIRED", "PASSED", "FREEZE", "", 0, "line1", 1,
]  # fmt: skip
FINDING = [
    "R003:M1", "R003", "M1", "1-0:1.8.0", "2026-03-02T00:00:00+08:00", None, 1, "open", "7", "5", "look", 1, "l",
]  # fmt: skip
EVENT = [
    "M1",
    "03110000",
    "power failure",
    "2026-03-02T00:00:00+08:00",
    None,
    "",
    "2026-03-02T01:00:00+08:00",
    "l",
]
SLOT = ["daily", "line1", "2026-03-02T00:00:00+08:00", 2, 1, [["M1", "ok"], ["M2", "silent"]]]
AUDIT = ["2026-03-02T00:00:00+08:00", "master", "read", "M1", "ok", ""]


def with_cell(place, value, row=GOOD):
    return [*row[:place], value, *row[place + 1 :]]


def test_a_reading_as_integers():
    aside = Aside()
    found = parse_readings([GOOD, with_cell(2, None)], aside)
    assert not aside.rows
    assert list(found.value) == [150, None]
    assert list(found.at) == [1_772_380_800_000_000] * 2
    assert list(found.lag) == [5, 5]
    assert [found.qualities[place][1] for place in found.quality] == [2, 0]
    assert list(found.variant) == [1 << 4 | 1] * 2


def test_when_the_gateway_last_read_something_itself():
    by_hand = with_cell(6, "HHU_AUTO", with_cell(5, "2026-03-05T00:00:00+08:00"))
    assert parse_readings([GOOD, by_hand], Aside()).newest() == 1_772_380_805
    assert parse_readings([by_hand], Aside()).newest() is None


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (2, "1.5e3", "no number"),
        (2, "", "no number"),
        (2, "1.", "no number"),
        (2, "١", "no number"),
        (2, "1\n2", "no number"),
        (2, "9223372036854775808", "beyond 64 bits"),
        (4, "2026-03-02", "without offset"),
        (4, "yesterday", "no time"),
        (4, "0001-01-01T00:00:00+23:59", "out of range"),
        (4, "2500-01-01T00:00:00+00:00", "out of range"),
        (5, "2199-01-01T00:00:00+00:00", "too far"),
        (6, "GUESS", "no origin"),
        (7, "FINE", "no state"),
        (8, "MAGIC", "no method"),
        (10, -1, "flags"),
        (10, 1 << 31, "flags"),
        (12, 0, "version"),
        (12, 2048, "version"),
    ],
)
def test_one_row_without_sense_does_not_hold_up_the_others(place, value, reason):
    aside = Aside()
    found = parse_readings([GOOD, with_cell(place, value), with_cell(0, "M2")], aside)
    assert list(found.meter) == ["M1", "M2"]
    ((number, why, kept),) = aside.rows
    assert number == 1
    assert reason in why
    assert json.loads(kept) == with_cell(place, value)


def test_nothing_but_rows_without_sense():
    aside = Aside()
    assert parse_readings([with_cell(2, "x")], aside) is None
    assert len(aside.rows) == 1


texts = st.one_of(
    st.none(),
    st.from_regex(r"-?[0-9]{1,20}(\.[0-9]{1,8})?", fullmatch=True),
    st.sampled_from(["", "-", "1\n2", "1 ", "+1", "0x1", "1_0"]),
)
cells = st.tuples(
    texts,
    st.sampled_from([GOOD[4], "2026-03-02T00:15:00+08:00", "2026-03-01T16:00:00Z", "x"]),
    st.sampled_from(["WIRED", "FILE", "NO"]),
    st.integers(-1, 3),
)


@given(st.lists(cells, min_size=1, max_size=12))
def test_by_columns_and_by_rows_alike(given_cells):
    batch = []
    for text, at, origin, version in given_cells:
        row = with_cell(2, text)
        row[4], row[6], row[12] = at, origin, version
        batch.append(row)
    quick, slow = Aside(), Aside()
    found, careful = parse_readings(batch, quick), rows._careful(batch, slow)
    assert quick.rows == slow.rows
    assert (found is None) is (careful is None)
    if found is not None:
        for name in ("at", "value", "meter", "lag", "point", "variant"):
            assert list(getattr(found, name)) == list(getattr(careful, name))
        assert [found.qualities[q] for q in found.quality] == [careful.qualities[q] for q in careful.quality]


@pytest.mark.parametrize(
    ("kind", "good", "place", "bad"),
    [
        ("finding", FINDING, 6, 10),
        ("finding", FINDING, 4, "2026-03-02T00:00:00"),
        ("event", EVENT, 3, "at noon"),
        ("slot", SLOT, 3, -1),
        ("audit", AUDIT, 0, ""),
    ],
)
def test_other_kinds(kind, good, place, bad):
    aside = Aside()
    assert len(parse_small(kind, [good, with_cell(place, bad, good)], "so-001", aside)) == 1
    assert [row[0] for row in aside.rows] == [1]


def test_a_later_state_of_a_finding_ranks_higher():
    aside = Aside()
    first, later, closed = (
        parse_small("finding", [with_cell(7, state, with_cell(11, count, FINDING))], "g", aside)[0][2]
        for state, count in (("open", 1), ("open", 2), ("closed", 2))
    )
    assert first < later < closed


def test_an_event_of_another_gateway_is_another_event():
    one, two = (parse_small("event", [EVENT], gateway, Aside())[0][0] for gateway in ("so-001", "so-002"))
    assert one != two
