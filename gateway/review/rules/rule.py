"""What a rule of the first review is: a function with what people are told of it, and its two examples."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from gateway.review.limits import Kind
from gateway.review.view import Hit, Unjudged

__all__ = ["ALL", "DAY", "REGISTERS", "WIRINGS", "Rule", "Verdict", "ordered"]

Verdict = Hit | Unjudged | None
"""A hit, not judged, or None: passed."""

REGISTERS = frozenset({Kind.FORWARD, Kind.TARIFF, Kind.REVERSE, Kind.REGISTER})
ALL = frozenset(Kind)
WIRINGS = frozenset({"1P", "3P3W", "3P4W"})
DAY = 86_400
_View = TypeVar("_View")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Generic[_View]):
    """One rule. `what` says what it finds, `en` what to look at on site, each with its Chinese twin.

    `points` are where a rule on scenes is judged, by phase or once, with `wirings` as those that it knows; a `daily`
    one waits for 3 of the last 5 days in place of the dwell.
    `keys` are its limits in `[review.CLASS]`, `severity` what it may say, as "1" or "1/2". `kinds` are the points
    that a rule on values judges. A rule is not judged while one of `suppressed_by` is active at the same
    object, so that one cause opens one finding; a `timed` one is not judged while our own clock is not known to be
    right. An example holds the fields of what the rule looks at that differ from a plain one.
    """

    id: str
    judge: Callable[[_View], Verdict]
    severity: str
    what: str
    what_zh: str
    en: str
    zh: str
    good: dict[str, Any]
    bad: dict[str, Any]
    kinds: frozenset[Kind] = frozenset()
    keys: tuple[str, ...] = ()
    suppressed_by: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    wirings: frozenset[str] = WIRINGS
    timed: bool = False
    daily: bool = False

    @property
    def can_lack(self) -> bool:
        """Whether it judges what came, and so may lack an input."""
        return bool(self.kinds or self.points)

    @property
    def worst(self) -> int:
        """The highest severity it may say."""
        return max(map(int, self.severity.split("/")))


def ordered(rules: Iterable[Rule[_View]]) -> tuple[Rule[_View], ...]:
    """Each rule after those that suppress it, otherwise as given."""
    waiting, done = list(rules), dict[str, Rule[_View]]()
    names = {rule.id for rule in waiting}
    while waiting:
        free = next(r for r in waiting if not (set(r.suppressed_by) & names) - done.keys())
        waiting.remove(free)
        done[free.id] = free
    return tuple(done.values())
