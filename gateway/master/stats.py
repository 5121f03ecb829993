"""What the master's worker counts."""

from collections import Counter
from dataclasses import dataclass, field

from gateway.master.stores.base import Outcome

__all__ = ["Stats"]


@dataclass(slots=True)
class Stats:
    """Counters since the start of this process; every one of them only rises, `connected` and `database` apart."""

    connected: bool = False
    database: bool = False
    messages: int = 0
    batches: int = 0
    replays: int = 0
    clashes: int = 0
    rows: int = 0
    duplicates: int = 0
    differing: int = 0
    aside: int = 0
    claims: int = 0
    acks: int = 0
    transactions: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Messages that were no batch, by reason: payload, gateway, kind."""
    database_losses: int = 0
    broker_losses: int = 0

    def take(self, outcome: Outcome) -> None:
        """Count a committed transaction."""
        self.transactions += 1
        for name in ("batches", "replays", "clashes", "rows", "duplicates", "differing", "aside", "claims"):
            setattr(self, name, getattr(self, name) + getattr(outcome, name))

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        found: dict[str, object] = {name: getattr(self, name) for name in self.__slots__}
        return {**found, "refused": dict(self.refused)}
