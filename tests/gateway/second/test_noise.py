import numpy as np
import pytest

from gateway.second.filling import of_registers
from gateway.second.noise import Noise, noise_of

HOURS = 48


def covariance(noise: Noise):
    """Without its drift."""
    return np.diag(noise.own) + np.diag(noise.between, 1) + np.diag(noise.between, -1)


@pytest.mark.parametrize("joined", [False, True])
def test_whitened_hours_have_variance_one_and_nothing_in_common(joined):
    chance = np.random.default_rng(1)
    between = -chance.random(HOURS - 1) * joined
    noise = Noise(1 + np.abs(np.append(between, 0)) + np.abs(np.append(0, between)), between)
    root = noise.whitened(np.eye(HOURS)).T
    assert root @ covariance(noise) @ root.T == pytest.approx(np.eye(HOURS), abs=1e-9)


def test_a_drift_is_taken_out():
    drift = 0.8
    lag = np.abs(np.subtract.outer(np.arange(HOURS), np.arange(HOURS)))
    root = Noise(np.full(HOURS, 4.0), np.zeros(HOURS - 1), drift).whitened(np.eye(HOURS)).T
    assert root @ (4 * drift**lag) @ root.T == pytest.approx(np.eye(HOURS), abs=1e-9)


def test_noise_is_a_share_of_the_load_and_an_hour_without_supply_says_nothing():
    chance = np.random.default_rng(2)
    energies = 1 + chance.random((20, 24 * 30))
    registers = np.hstack([np.zeros((20, 1)), np.cumsum(energies, axis=1)]).tolist()
    registers[3][100] = None
    filled = of_registers(registers)
    load = filled.read.sum(axis=0)
    gap = load * chance.normal(0, 0.02, load.size)
    known = np.arange(load.size) != 7
    noise = noise_of(gap, np.ones((1, load.size)), filled, known)
    assert noise.own[300] == pytest.approx((0.02 * load[300]) ** 2, rel=0.2)
    assert noise.own[7] > 1e5 * noise.own[300]
    assert noise.own[100] == pytest.approx(noise.own[300] * (load[100] / load[300]) ** 2 + filled.moved[100])
    assert noise.between[99] == -filled.moved[100]
