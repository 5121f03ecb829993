"""The rules of the first review. A rule is a function and a line, with a good and a bad example that are its test."""

from typing import Any

from gateway.review.curves import Curve
from gateway.review.rules.curves import CURVES, DEMANDS
from gateway.review.rules.events import EVENTS
from gateway.review.rules.identity import IDENTITY
from gateway.review.rules.phases import PHASES
from gateway.review.rules.registers import COMBINED, REGISTER_RULES
from gateway.review.rules.rule import Rule, Verdict, ordered
from gateway.review.rules.wiring import WIRING
from gateway.review.scene import Scene
from gateway.review.view import View

__all__ = ["BY_ID", "COMBINED", "DAY_RULES", "RULES", "SCENE_RULES", "VALUE_RULES", "Rule", "Verdict"]

VALUE_RULES: tuple[Rule[View], ...] = ordered((*IDENTITY, *REGISTER_RULES, *DEMANDS, *EVENTS))
"""Rules on one value, each after those that suppress it."""
SCENE_RULES: tuple[Rule[Scene], ...] = ordered((*PHASES, *WIRING))
"""Rules on all phases of one instant."""
DAY_RULES: tuple[Rule[Curve], ...] = CURVES
"""Rules on a whole day."""
RULES: tuple[Rule[Any], ...] = tuple(
    sorted((*VALUE_RULES, *SCENE_RULES, *DAY_RULES), key=lambda rule: rule.id)
)
"""Every rule of the first review, by name."""
BY_ID = {rule.id: rule for rule in RULES}
