"""Words of reports in Chinese."""

from gateway.energy.explain import Change
from gateway.energy.members import SALE, SUPPLY
from gateway.energy.record import LossState
from gateway.report.words import CHANGES, NODE_KINDS, SIDES, STATES
from gateway.second.view import Subject


def test_every_state_change_side_and_kind_has_its_word():
    assert STATES.keys() == {str(one) for one in LossState}
    assert CHANGES.keys() == {str(one) for one in Change}
    assert SIDES.keys() == {SUPPLY, SALE}
    assert NODE_KINDS.keys() == {str(one) for one in Subject} - {"customer"}
