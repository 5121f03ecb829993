"""What a rule of either review says, for people."""

from config.text import say
from gateway.review.rules import BY_ID as FIRST
from gateway.second.rules import RULES

__all__ = ["meaning"]

_SECOND = {rule.id: rule for rule in RULES}


def meaning(rule: str) -> str:
    """In the reader's language; empty for a rule that neither review has."""
    if first := FIRST.get(rule):
        return say(first.what, first.what_zh)
    second = _SECOND.get(rule)
    return say(second.en, second.zh) if second else ""
