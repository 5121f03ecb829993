"""The list of work: which customers to visit first, and why; and how often a rule was right (domain 9.4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from gateway.clerks.reasons import Outcome
from gateway.second.rules import RULES

__all__ = [
    "HALF_LIFE_DAYS",
    "WEIGHTLESS",
    "WEIGHTS",
    "Evidence",
    "Precision",
    "Ranked",
    "precision",
    "ranked",
]

HALF_LIFE_DAYS = 14
_OF_FIRST: Mapping[float, tuple[str, ...]] = {
    5.0: ("R051", "R056", "R059"),
    4.0: ("R040", "R044", "R055"),
    3.0: ("R020", "R024", "R027", "R047", "R057"),
    2.0: ("R002", "R011", "R022", "R023", "R052", "R058"),
    1.0: ("R028", "R046", "R054"),
}
"""Rules of the first review by what they count: those of domain 9.4, and others by what is likely behind them.

A current that flows the wrong way or a register that fell is as good as one that stands still (R024); a meter that is
another, was programmed, or measures wrong has to be looked at; a single sign that often has a plain cause counts 1.
"""
WEIGHTS: Mapping[str, float] = {
    **{rule.id: rule.weight for rule in RULES if rule.weight},
    **{rule: weight for weight, rules in _OF_FIRST.items() for rule in rules},
    "P034": 2.0,
}
"""What a finding counts; P034 counts for the customers of its area."""
WEIGHTLESS: Mapping[str, tuple[str, ...]] = {
    "value": (
        *("R001", "R003", "R004", "R005", "R006", "R007", "R008", "R009", "R010", "R012", "R013", "R021"),
        *("R025", "R026", "R029", "R030", "R031", "R060", "P005", "P010", "P014", "P015"),
    ),
    "supply": ("R041", "R042", "R043", "R053", "P012"),
    "load": ("R045", "R048", "R049", "R050", "P002", "P004", "P009", "P011", "P013", "P018"),
    "archive": ("R061", "P041", "P042"),
    "node": ("P030", "P031", "P032", "P033", "P035", "P036", "P037", "P038", "P039"),
}
"""Rules that are no reason to visit a customer, by what they are about instead.

A value, a clock or a way of reading; the network; how much and how evenly somebody takes; what the archive says;
sums of lines and transformers, whose customers P040 and P034 name.
"""


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
