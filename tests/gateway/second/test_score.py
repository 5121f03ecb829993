from datetime import date

import pytest

from gateway.second.score import precision, ranked

TODAY = date(2026, 5, 20)


def test_the_weightiest_first_and_why():
    rows = ranked(
        [
            ("M1", "P040", TODAY),
            ("M1", "P001", TODAY),
            ("M2", "R051", TODAY),
            ("M3", "P004", TODAY),
            ("M1", "P040", date(2026, 5, 1)),
        ],
        TODAY,
    )
    assert [(row.meter, row.score, row.reasons) for row in rows] == [
        ("M1", 5.0, ("P040", "P001")),
        ("M2", 5.0, ("R051",)),
    ]


def test_old_findings_fade():
    (row,) = ranked([("M1", "P040", date(2026, 5, 6))], TODAY)
    assert row.score == pytest.approx(2.0)


def test_what_inspectors_found():
    assert precision([("P040", True), ("P040", False), ("P001", False)]) == {"P040": (1, 2), "P001": (0, 1)}
