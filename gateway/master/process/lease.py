"""The right to do a thing, of which one of several workers has it at a time; it lapses when it is not renewed."""

from datetime import datetime, timedelta

from gateway.clock import Clock
from gateway.master.stores.base import Store

__all__ = ["Lease", "LeaseLost"]


class LeaseLost(Exception):
    """Another one has it now: what is being done must stop."""


class Lease:
    """One holder's hold on a name in a store."""

    def __init__(
        self, store: Store, name: str, holder: str, clock: Clock, length: timedelta = timedelta(minutes=5)
    ) -> None:
        self._store, self._name, self._holder = store, name, holder
        self._clock, self._length = clock, length
        self._renewed: datetime | None = None

    def take(self) -> bool:
        """Whether it is ours, from now for its length; raises StoreProblem."""
        now = self._clock.now()
        row = (self._name, self._holder, (now + self._length).isoformat())
        with self._store.transaction():
            got = bool(self._store.ask("lease_taken", [row], now=now.isoformat()))
        self._renewed = now if got else None
        return got

    def renew(self) -> None:
        """Keep it; raises LeaseLost where another one has taken it meanwhile."""
        now = self._clock.now()
        if self._renewed is not None and now - self._renewed < self._length / 5:
            return
        if not self.take():
            raise LeaseLost(self._name)

    def give(self) -> None:
        """Let others have it; raises StoreProblem."""
        with self._store.transaction():
            self._store.ask("lease_given", [(self._name, self._holder)])
