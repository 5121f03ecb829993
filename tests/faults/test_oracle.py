"""The judge of the fault tests must condemn each kind of fault, or their silence would mean nothing."""

from decimal import Decimal

import pytest

from simulators.witness import Witness
from tests.tools.oracle import judge

ONE, TWO = Decimal("1.00"), Decimal("2.00")
A = ("A1", "1-0:1.8.0", "2026-03-03T00:00:00+00:00")
B = ("A1", "1-0:1.8.0", "2026-03-03T00:15:00+00:00")


def witness():
    found = Witness()
    found.said["A1", "1-0:1.8.0"] |= {ONE, TWO}
    return found


def test_a_clean_run_passes():
    rows = [(A, ONE), (B, TWO)]
    verdict = judge(rows, rows, witness())
    assert verdict.ok, verdict
    assert (verdict.accepted, verdict.committed) == (2, 2)


@pytest.mark.parametrize(
    ("accepted", "committed", "what"),
    [
        ([(A, ONE), (B, TWO)], [(A, ONE)], "lost"),
        ([(A, ONE)], [(A, ONE), (A, ONE)], "duplicated"),
        ([(A, Decimal(3))], [(A, Decimal(3))], "invented"),
        ([(A, ONE)], [(A, TWO)], "wrong"),
        ([(A, ONE)], [(A, ONE), (B, TWO)], "unknown"),
    ],
)
def test_each_fault_is_named(accepted, committed, what):
    verdict = judge(accepted, committed, witness())
    assert not verdict.ok
    assert getattr(verdict, what)
    assert what in str(verdict)
