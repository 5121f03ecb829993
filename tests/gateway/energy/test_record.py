from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gateway.energy.period import Span, period_of
from gateway.energy.record import FORWARD, Computed, LossState, MeterEnergy


def test_a_record_is_never_changed():
    period = period_of(datetime(2026, 5, 1, tzinfo=UTC), Span.DAY)
    one = MeterEnergy(
        meter="M1",
        point=FORWARD,
        span=period.span,
        start=period.start,
        end=period.end,
        energy=Decimal("4.50"),
        computed=Computed.READ,
    )
    with pytest.raises(FrozenInstanceError):
        one.energy = Decimal(5)


def test_what_cannot_be_computed_is_a_state_of_its_own():
    assert {str(state) for state in LossState} == {"normal", "negative", "high", "not_computable"}
