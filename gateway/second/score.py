"""The list of work: which customers to visit first, and why (domain 9.4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from gateway.second.rules import RULES

__all__ = ["HALF_LIFE_DAYS", "WEIGHTS", "Ranked", "precision", "ranked"]

HALF_LIFE_DAYS = 14
WEIGHTS: Mapping[str, float] = {
    **{rule.id: rule.weight for rule in RULES if rule.weight},
    **dict.fromkeys(("R051", "R056", "R059"), 5.0),
    **dict.fromkeys(("R040", "R044", "R055"), 4.0),
    "R024": 3.0,
    "P034": 2.0,
}
"""What a finding counts; P034 counts for the customers of its area."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A customer with its score and the reasons, the weightiest first."""

    meter: str
    score: float
    reasons: tuple[str, ...]


def ranked(found: Iterable[tuple[str, str, date]], today: date) -> list[Ranked]:
    """Customers by score, from (meter, rule, last day) of their findings; each rule counts once, its latest."""
    best: dict[str, dict[str, float]] = {}
    for meter, rule, last in found:
        weight = WEIGHTS.get(rule, 0.0) * 0.5 ** (max(0, (today - last).days) / HALF_LIFE_DAYS)
        if weight:
            rules = best.setdefault(meter, {})
            rules[rule] = max(weight, rules.get(rule, 0.0))
    rows = [
        Ranked(meter, round(sum(rules.values()), 3), tuple(sorted(rules, key=lambda r: (-rules[r], r))))
        for meter, rules in best.items()
    ]
    return sorted(rows, key=lambda row: (-row.score, row.meter))


def precision(outcomes: Iterable[tuple[str, bool]]) -> dict[str, tuple[int, int]]:
    """Hits and visits of each rule, from what inspectors found (rule, whether there was something)."""
    counts: dict[str, tuple[int, int]] = {}
    for rule, hit in outcomes:
        good, visits = counts.get(rule, (0, 0))
        counts[rule] = good + hit, visits + 1
    return counts
