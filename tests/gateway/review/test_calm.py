"""The quick look at a scene calls calm only what no rule hits."""

import pytest

from gateway.review.calm import is_calm
from gateway.review.rules import SCENE_RULES
from gateway.review.scene import Scene
from tests.gateway.review.test_rules import limits, shown

PLAIN = {"voltage": (220.0,) * 3, "current": (10.0,) * 3, "power": (2.1,) * 3, "total": 6.3, "cos": 0.95}


@pytest.mark.parametrize("rule", SCENE_RULES, ids=lambda rule: rule.id)
def test_nothing_that_a_rule_hits_is_calm(rule):
    assert not is_calm(shown(rule, rule.bad))


def test_a_plain_scene_is_calm():
    assert is_calm(Scene(limits=limits(), **PLAIN))


@pytest.mark.parametrize(
    "change",
    [
        {"voltage": (220.0, 150.0, 220.0)},
        {"current": (10.0, 10.0, 4.0)},
        {"power": (2.1, -2.1, 2.1)},
        {"total": 4.0, "factor": (0.95,) * 3},
        {"angles": (240.0, 120.0)},
        {"word": 0},
    ],
)
def test_one_odd_figure_and_the_rules_are_asked(change):
    assert not is_calm(Scene(limits=limits(), **(PLAIN | change)))


def test_without_rated_values_nothing_is_known():
    assert not is_calm(Scene(limits=limits(rated_voltage=None), **PLAIN))
