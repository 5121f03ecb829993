"""The class of a reading follows from its point alone."""

import pytest

from gateway.outbox import class_of

POINTS = {
    "1-0:1.8.0": "billing",
    "1-0:2.8.4": "billing",
    "1-0:1.6.1": "billing",
    "1-0:1.2.0": "billing",
    "1-0:32.7.0": "curve",
    "0-0:1.0.0": "curve",
    "1-0:8.7.0": "curve",
    "1-0:16.7.0": "curve",
    "dlt645-2007:04000501": "curve",
    "": "curve",
}


@pytest.mark.parametrize("point", POINTS)
def test_registers_and_demands_are_for_billing(point):
    assert class_of(point) == class_of(point) == POINTS[point]
