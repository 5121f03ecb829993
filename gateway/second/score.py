"""The list of work: which customers to visit first, and why; and how often a rule was right (domain 9.4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from gateway.clerks.reasons import Outcome
from gateway.second.rules import RULES

__all__ = ["HALF_LIFE_DAYS", "WEIGHTS", "Evidence", "Precision", "Ranked", "precision", "ranked"]

HALF_LIFE_DAYS = 14
WEIGHTS: Mapping[str, float] = {
    **{rule.id: rule.weight for rule in RULES if rule.weight},
    **dict.fromkeys(("R051", "R056", "R059"), 5.0),
    **dict.fromkeys(("R040", "R044", "R055"), 4.0),
    "R024": 3.0,
    "P034": 2.0,
}
"""What a finding counts; P034 counts for the customers of its area."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A finding that speaks against a customer: it began on one day and was there up to `last`.

    `place` is the object of the finding where that is not the meter itself but its area.
    """

    meter: str
    rule: str
    began: date
    last: date
    value: str = ""
    limit: str = ""
    place: str = ""

    def age(self, today: date) -> int:
        """Days since it was last there; 0 while it lasts."""
        return max(0, (today - self.last).days)

    def weight(self, today: date) -> float:
        """What it counts today: half of its rule's weight after 14 days, a quarter after 28."""
        return WEIGHTS.get(self.rule, 0.0) * float(0.5 ** (self.age(today) / HALF_LIFE_DAYS))


@dataclass(frozen=True, slots=True)
class Ranked:
    """A customer with its score and the reasons, the weightiest first."""

    meter: str
    score: float
    reasons: tuple[Evidence, ...]


def ranked(found: Iterable[Evidence], today: date) -> list[Ranked]:
    """Customers by score; each rule counts once, its latest finding."""
    best: dict[str, dict[str, Evidence]] = {}
    for one in found:
        if one.weight(today):
            rules = best.setdefault(one.meter, {})
            known = rules.get(one.rule)
            if known is None or (one.last, one.began) > (known.last, known.began):
                rules[one.rule] = one
    rows = [_row(meter, rules.values(), today) for meter, rules in best.items()]
    return sorted(rows, key=lambda row: (-row.score, row.meter))


def _row(meter: str, reasons: Iterable[Evidence], today: date) -> Ranked:
    heaviest = sorted(reasons, key=lambda one: (-one.weight(today), one.rule))
    return Ranked(meter, round(sum(one.weight(today) for one in heaviest), 3), tuple(heaviest))


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """What inspectors found where a rule had sent them."""

    rule: str
    hits: int = 0
    no_fault: int = 0
    wrong_data: int = 0

    @property
    def visits(self) -> int:
        """Visits that saw the meter."""
        return self.hits + self.no_fault + self.wrong_data

    @property
    def share(self) -> float | None:
        """Hits among the visits; None without any."""
        return self.hits / self.visits if self.visits else None


def precision(outcomes: Iterable[tuple[str, Outcome]]) -> list[Precision]:
    """By rule, from what inspectors found where it had sent them."""
    counts: dict[str, dict[Outcome, int]] = {}
    for rule, outcome in outcomes:
        mine = counts.setdefault(rule, dict.fromkeys(Outcome, 0))
        mine[outcome] += 1
    return [
        Precision(
            rule=rule,
            hits=mine[Outcome.HIT],
            no_fault=mine[Outcome.NO_FAULT],
            wrong_data=mine[Outcome.WRONG_DATA],
        )
        for rule, mine in sorted(counts.items())
    ]
