"""What came in by any way and what became of it, in plain figures."""

from collections import Counter
from dataclasses import dataclass, field

__all__ = ["CLASSES", "DumpCounts"]

CLASSES = ("content", "format", "size", "outbox", "other")
"""Why files are refused, coarsely: a fixed list for labels."""
_FORMAT = frozenset(
    {"unknown_format", "no_profile", "other_format", "columns_missing", "profile", "needs_extra"}
)
_SIZE = frozenset({"too_large", "too_many_rows", "bomb", "line_too_long", "too_deep"})
_OTHER = frozenset({"unreadable", "link", "no_file", "changed"})


@dataclass(slots=True)
class DumpCounts:
    """Files imported, files refused by class, readings that went into the outbox."""

    taken: int = 0
    readings: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def refuse(self, reason: str) -> None:
        """Count a refusal by its reason's code."""
        if reason == "outbox_full":
            self.refused["outbox"] += 1
        elif reason in _FORMAT:
            self.refused["format"] += 1
        elif reason in _SIZE:
            self.refused["size"] += 1
        else:
            self.refused["other" if reason in _OTHER else "content"] += 1
