import numpy as np
import pytest

from gateway.second.filling import of_energies, of_registers, profile

DAY = np.array([1.0] * 8 + [3.0] * 16)


def registers(energies):
    return np.concatenate([[0.0], np.cumsum(energies)]).tolist()


def test_what_passed_while_a_register_was_missing_keeps_its_sum_and_the_shape_of_the_day():
    row = registers(np.tile(DAY, 10))
    row[24 * 5 + 8] = None  # between the last hour of 1 kWh and the first one of 3
    found = of_registers([row])
    assert found.read[0].sum() == pytest.approx(400 + 160)
    before, after = found.read[0, 127:129]
    assert before + after == pytest.approx(4.0)
    assert before < 1.5
    assert after > 2.5


def test_only_the_register_that_was_missing_is_in_doubt():
    chance = np.random.default_rng(1)
    row = registers(np.tile(DAY, 10) * np.exp(chance.normal(0, 0.3, 240)))
    row[100] = None
    found = of_registers([row])
    assert np.flatnonzero(found.moved).tolist() == [100]
    assert 0.01 < found.moved[100] < 1
    assert not found.lost.any()
    assert found.unknown == 0


def test_where_a_register_fell_the_energy_is_unknown():
    row = registers(np.tile(DAY, 4))
    row[50:] = [value - row[50] for value in row[50:]]
    row[49] = None
    found = of_registers([row])
    assert np.isnan(found.read).sum() == 0
    assert found.unknown == pytest.approx(2 / 96)
    assert not found.moved.any()


def test_registers_that_lack_at_the_ends_are_unknown_there():
    row = registers(np.tile(DAY, 4))
    row[0] = row[1] = row[-1] = None
    assert of_registers([row]).unknown == pytest.approx(3 / 96)


def test_a_straight_line_between_two_registers_is_seen_in_energies():
    chance = np.random.default_rng(2)
    energies = np.tile(DAY, 10) * np.exp(chance.normal(0, 0.3, 240))
    energies[127:129] = energies[127:129].mean()
    found = of_energies([energies.tolist()])
    assert np.flatnonzero(found.moved).tolist() == [128]
    assert found.read[0, 128] > 1.3 * found.read[0, 127]
    assert found.read[0, 127:129].sum() == pytest.approx(energies[127:129].sum())


def test_hours_without_energy_hide_no_straight_line():
    """Of a home that shows nothing half of the time."""
    chance = np.random.default_rng(4)
    energies = np.tile(DAY, 10) * np.exp(chance.normal(0, 0.3, 240)) * (chance.random(240) < 0.5)
    energies[127:129] = 1.0
    found = of_energies([energies.tolist()])
    assert np.flatnonzero(found.moved).tolist() == [128]


def test_equal_hours_of_a_coarse_register_are_as_they_are():
    coarse = np.round(np.tile(DAY, 10) * np.exp(np.random.default_rng(3).normal(0, 0.3, 240)), 1)
    found = of_energies([coarse.tolist()])
    assert not found.moved.any()
    assert found.read[0] == pytest.approx(coarse)


def test_an_hour_without_an_energy_is_filled_and_in_doubt():
    row = np.tile(DAY, 10).tolist()
    row[130] = None
    found = of_energies([row])
    assert found.read[0, 130] == pytest.approx(3.0, rel=0.2)
    assert np.flatnonzero(found.lost).tolist() == [130]


def test_a_meter_without_values_is_like_the_others():
    row = np.tile(DAY, 4).tolist()
    found = of_energies([row, [None] * 96])
    assert found.read[1].tolist() == row
    assert found.lost == pytest.approx(np.square(row))
    assert of_energies([[None] * 96]).unknown == 1


def test_a_meter_read_once_a_day_has_the_shape_of_the_others_and_its_own_energy():
    hourly = registers(np.tile(DAY, 4))
    daily = [value / 2 if hour % 24 == 0 else None for hour, value in enumerate(hourly)]
    found = of_registers([hourly, daily])
    assert found.read[1] == pytest.approx(np.tile(DAY, 4) / 2)
    assert np.flatnonzero(found.moved == 0).tolist() == [0, 24, 48, 72, 96]
    assert found.unknown == 0


def test_doubted_hours_are_unknown():
    row = registers(np.tile(DAY, 4))
    row[30] = None
    found = of_registers([row, registers(np.tile(DAY, 4))], [{5, 30}, ()])
    assert found.lost.nonzero()[0].tolist() == [5, 29, 30]


def test_the_usual_energy_follows_the_hour_of_the_day():
    (usual,) = profile(np.tile(DAY, 20)[None])
    assert usual[0] == pytest.approx(1.0, rel=0.15)
    assert usual[23] == pytest.approx(3.0, rel=0.05)
