"""All rules for one case."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from config.second import Second
from gateway.review.view import Hit, Unjudged
from gateway.second.rules import RULES
from gateway.second.view import Case, Subject

__all__ = ["Judged", "judge", "limits_for"]

_BY_SUBJECT = {subject: tuple(rule for rule in RULES if subject in rule.subjects) for subject in Subject}
_DEFAULT = Second()
_OF_CLASS: Mapping[str, Mapping[str, float]] = {"industry": {"zero_days": 3}}
"""Limits of classes that have no section of their own."""


@dataclass(slots=True)
class Judged:
    """What the rules said of a case; rules in neither hit nor unjudged have passed."""

    hits: dict[str, Hit] = field(default_factory=dict)
    unjudged: list[str] = field(default_factory=list)

    @property
    def severity(self) -> int:
        """The worst hit's; 0 without one."""
        return max((hit.severity for hit in self.hits.values()), default=0)


def judge(case: Case) -> Judged:
    """Apply every rule of the case's subject."""
    found = Judged()
    explained: list[tuple[str, Hit, tuple[str, ...]]] = []
    for rule in _BY_SUBJECT[case.subject]:
        verdict = rule.judge(case)
        if isinstance(verdict, Hit):
            explained.append((rule.id, verdict, rule.unless))
        elif isinstance(verdict, Unjudged):
            found.unjudged.append(rule.id)
    names = {name for name, _, _ in explained}
    found.hits = {name: hit for name, hit, unless in explained if not names & set(unless)}
    return found


def limits_for(limits: Mapping[str, Second], name: str) -> Second:
    """The limits of a customer class, of `line` or of `transformer`; `default` for those not named.

    Of the class `industry` three days without energy are enough, unless a section says otherwise.
    """
    own, default = limits.get(name), limits.get("default") or _DEFAULT
    if own is not None or name not in _OF_CLASS:
        return own or default
    told = {key: value for key, value in _OF_CLASS[name].items() if key not in default.model_fields_set}
    return default.model_copy(update=told)
