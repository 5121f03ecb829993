from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from simulators.electric import Defect, Electric, Spec

AT = datetime(2026, 3, 3, 14, 20, 31)
HOME = Spec(address="645000000001", seed=3)
FACTORY = Spec(address="645000000002", seed=3, kind="factory", phases=3)
SOLAR = Spec(address="645000000003", seed=3, kind="solar")


def test_the_same_seed_gives_the_same_meter_and_another_another():
    values = [Electric(spec).register(1, 0, AT) for spec in (HOME, HOME, replace(HOME, seed=4))]
    assert values[0] == values[1] != values[2]


@pytest.mark.parametrize("spec", [HOME, FACTORY, SOLAR], ids=lambda s: s.kind)
def test_registers_never_go_back_and_tariffs_fit_the_total(spec):
    electric = Electric(spec)
    last = 0
    for hour in range(200):
        at = AT + timedelta(hours=hour)
        total = electric.register(1, 0, at)
        assert total >= last
        assert abs(total - sum(electric.register(1, t, at) for t in range(1, 5))) <= 5
        last = total


def test_only_a_roof_feeds_back():
    noon = datetime(2026, 6, 3, 12, 10)
    assert Electric(SOLAR).register(2, 0, noon) > 0
    assert Electric(SOLAR).power(0, noon) < 0
    assert Electric(HOME).register(2, 0, noon) == 0


def test_the_register_follows_the_power():
    electric = Electric(FACTORY)
    at = datetime(2026, 3, 3, 9, 0)
    kwh = (electric.register(1, 0, at + timedelta(minutes=15)) - electric.register(1, 0, at)) / 100
    assert kwh == pytest.approx(electric.power(0, at) / 10_000 * 0.25, abs=0.02)


def test_plausible_instantaneous_values():
    electric = Electric(FACTORY)
    for minute in range(0, 1440, 17):
        at = AT + timedelta(minutes=minute)
        for phase in (1, 2, 3):
            assert 2150 <= electric.voltage(phase, at) <= 2380
            assert 0 <= electric.current(phase, at) <= 72_000
        assert 4990 <= electric.frequency(at) <= 5010
        assert -1001 <= electric.factor(0, at) <= 1001
        assert abs(electric.power(0, at) - sum(electric.power(p, at) for p in (1, 2, 3))) <= 3


@pytest.mark.parametrize(
    ("defect", "check"),
    [
        (Defect.STOPPED, lambda a, b, c: b == c),
        (Defect.RUNAWAY, lambda a, b, c: c - b > 100 * 100),
        (Defect.DECREASE, lambda a, b, c: b < a),
    ],
)
def test_defects_begin_when_told(defect, check):
    spec = replace(HOME, defect=defect, defect_since=AT)
    before, at, after = (AT + timedelta(hours=h) for h in (-1, 0, 1))
    broken, sound = Electric(spec), Electric(HOME)
    assert broken.register(1, 0, before) == sound.register(1, 0, before)
    assert check(broken.register(1, 0, before), broken.register(1, 0, at), broken.register(1, 0, after))


def test_a_tariff_sum_defect_shows_in_one_tariff():
    broken = Electric(replace(HOME, defect=Defect.TARIFF_SUM))
    assert broken.register(1, 0, AT) - sum(broken.register(1, t, AT) for t in range(1, 5)) < -490
