"""Who may decide what (domain 6.3): the second reviewer is not the editor, and much at once only where it is light."""

from collections.abc import Iterable, Sequence

from config.text import say
from gateway.clerks.errors import NotAllowed
from gateway.clerks.items import Item, Queue

__all__ = ["BULK_SEVERITY", "another_person", "bulk", "not_final"]

BULK_SEVERITY = 1
"""Up to this severity several items may be accepted at once."""


def bulk(items: Sequence[Item]) -> None:
    """Raises NotAllowed where several items are decided at once of which one is suspicious."""
    heavy = [item.name for item in items if item.severity > BULK_SEVERITY]
    if len(items) > 1 and heavy:
        raise NotAllowed(
            say(
                f"{', '.join(heavy[:5])}: of severity 2 and more, to be decided one by one",
                f"{', '.join(heavy[:5])}：严重度 2 级及以上，须逐条处理",
            )
        )


def another_person(actor: str, item: Item, editors: Iterable[str]) -> None:
    """Raises NotAllowed where `actor` would confirm work of their own."""
    if item.pending is not None and actor == item.proposer:
        raise NotAllowed(
            say(
                f"{item.name}: {actor} proposed this value; another person accepts it",
                f"{item.name}：该值由 {actor} 提出，须由他人确认",
            )
        )
    if item.queue is Queue.RESULT and actor in set(editors):
        raise NotAllowed(
            say(
                f"{item.name}: {actor} decided on readings behind this result; another person accepts it",
                f"{item.name}：{actor} 处理过其原始数据，须由他人审核",
            )
        )


def not_final(item: Item, finals: Iterable[str]) -> None:
    """Raises NotAllowed where the item lies in a period that is final."""
    names = sorted(finals)
    if names:
        raise NotAllowed(
            say(
                f"{item.name}: {', '.join(names)} is final; write a supplement: `meterd review supplement`",
                f"{item.name}：{', '.join(names)} 已定稿；请用 `meterd review supplement` 补退",
            )
        )
