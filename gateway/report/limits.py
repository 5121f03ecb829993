"""Limits of loss rates that charts draw, by the kind of node."""

from collections.abc import Mapping
from dataclasses import dataclass

from config.second import Second
from gateway.second.judge import limits_for

__all__ = ["Limits", "limits_of"]


@dataclass(frozen=True, slots=True)
class Limits:
    """As shares: a loss rate is well between `low` and `amber`, and high above `high`."""

    low: float
    amber: float
    high: float


def limits_of(second: Mapping[str, Second]) -> dict[str, Limits]:
    """Those of the second review's sections by customer class; a line has no amber of its own."""
    line, area = limits_for(second, "line"), limits_for(second, "transformer")
    return {
        "line": Limits(-line.loss_negative, line.line_loss_high, line.line_loss_high),
        "transformer": Limits(-area.loss_negative, area.loss_amber, area.loss_high),
    }
