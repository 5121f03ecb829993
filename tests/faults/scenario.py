"""What every fault test does before and after its fault."""

from contextlib import contextmanager
from dataclasses import dataclass

from tests.tools.oracle import Verdict, judge
from tests.tools.plant import Child, Plant, plant, wait_until
from tests.tools.tables import OUTBOX, accepted, committed

LIVENESS = 60
"""Seconds in which a fresh reading must arrive once faults have stopped; a bound, not a measure."""


@dataclass
class Scenario:
    """A plant with its broker's address, its database and its two programs."""

    plant: Plant
    broker: str
    database: str
    daemon: Child
    ingest: Child

    def verdict(self, *, running: bool = True) -> Verdict:
        path = self.plant.state / OUTBOX
        took = accepted(path, running=running) if path.exists() else []
        return judge(took, committed(self.database), self.plant.witness)

    def count(self) -> int:
        """Readings in the master's table; none while it has no such table or does not answer."""
        try:
            return len(committed(self.database))
        except Exception:  # noqa: BLE001 - whatever a database that is away or empty answers
            return 0

    def fresh(self, more: int = 1, seconds: float = LIVENESS) -> None:
        """Wait until new readings arrive at the master."""
        before = self.count()
        self.wait(lambda: self.count() >= before + more, "a fresh reading at the master", seconds)

    def wait(self, condition, what: str, seconds: float = LIVENESS) -> None:
        try:
            wait_until(condition, seconds, what, step=0.2)
        except AssertionError as error:
            raise AssertionError(
                f"{error}\n--- daemon\n{self.daemon.tail()}\n--- ingest\n{self.ingest.tail()}"
            ) from None

    def silence(self, *, frozen: bool = True) -> None:
        """All meters stop answering, so that what was accepted can be counted."""
        for line in self.plant.fleet.lines:
            line.mischief.frozen = frozen

    def finish(self) -> Verdict:
        """The faults are over: a fresh reading arrives, everything drains, both programs end well."""
        self.fresh()
        self.silence()
        self.wait(lambda: not self.verdict().lost, "everything accepted is committed")
        assert self.daemon.stop() == 0, self.daemon.tail()
        verdict = self.verdict(running=False)
        if verdict.lost:  # the last answers came between the count and the stop: they wait for the next start
            self.daemon.start()
            self.wait(lambda: not self.verdict().lost, "the rest is committed after a restart")
            assert self.daemon.stop() == 0, self.daemon.tail()
            verdict = self.verdict(running=False)
        return verdict


@contextmanager
def scenario(folder, broker: str, database: str, *, through: str | None = None, **settings):
    """A plant in faster time; `through` is where the gateway finds the broker, if not there."""
    settings = {"meters": 8, "lines": 2, "factor": 60.0, **settings}
    settings["uplink"] = {"keep_alive": 5, "resend_seconds": 5, **settings.get("uplink", {})}
    with plant(folder, **settings) as p:
        p.write(through or broker)
        case = Scenario(p, broker, database, p.daemon(), p.ingest(broker, database))
        try:
            yield case
        finally:
            for child in (case.daemon, case.ingest):
                if child.running:
                    child.kill()
