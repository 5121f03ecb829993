"""What a conversation looks like in which the other side speaks unasked too: terminals, carrier modules, ERTUs.

Like a session it holds no socket and reads no clock. How a question is opened is each dialogue's own.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Protocol

__all__ = ["Dialogue", "Heard"]


@dataclass(slots=True)
class Heard:
    """What came of received bytes: `replies` are to be sent at once and in order, `answers` finish open questions.

    `news` is what the other side said unasked: logins, heartbeats, reports, events.
    """

    replies: list[bytes] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    news: list[Any] = field(default_factory=list)


class Dialogue(Protocol):
    """One conversation on a link. `counters` counts what was dropped, by reason."""

    counters: Counter[str]

    def feed(self, data: bytes) -> Heard:
        """Take received bytes; never raises for what they say."""
        ...

    def flush(self) -> Heard:
        """The line went quiet: what is half here will not be completed."""
        ...
