"""An importer with a real spool and register, and an outbox in memory."""

from datetime import timedelta

from config.schema import Settings
from gateway.dumps.desk import REGISTER
from gateway.dumps.importer import Importer, Surroundings
from gateway.dumps.recorded import with_recorded
from gateway.dumps.spool import Spool
from gateway.review.reviewer import Reviewer
from tests.gateway.dumps.toy import NOW, SHAPE, ZONE
from tests.gateway.plant import FakeOutbox


class Still:
    """A clock that stands until it is moved."""

    def __init__(self):
        self.at = NOW

    def now(self):
        return self.at

    def monotonic(self):
        return self.at.timestamp()

    def synced(self):
        return True


class Bench:
    def __init__(self, folder, archive, **given):
        self.clock, self.folder, self.archive = Still(), folder, archive
        self.settings = Settings.model_validate({"gateway": {"name": "g", "state_dir": folder}})
        self.outbox = given.get("outbox") or FakeOutbox(0)
        self.spool = Spool(folder / "dumps")
        self.begin(**given)

    def begin(self, patient=False, **_):
        """As after a start: what is kept is in the outbox's states."""
        self.reviewer = Reviewer(self.archive, {}, self.clock, ZONE)
        if blob := self.outbox.states.get("base:line"):
            self.reviewer.unpack(blob, self.archive)
        self.importer = Importer(
            Surroundings(
                spool=self.spool,
                register=self.folder / "dumps" / REGISTER,
                outbox=self.outbox,
                reviewer=self.reviewer,
                clock=self.clock,
                settings=lambda: self.settings,
                archive=lambda: self.archive,
                shape=lambda: SHAPE,
                exchanged=self.exchanged,
                patient=patient,
            )
        )

    def exchanged(self, _fresh):
        self.archive = with_recorded(self.archive, self.folder / "dumps")
        self.reviewer.adopt(self.archive, {})

    def bring(self, path, **given):
        """A file in the spool, ready to be imported."""
        ticket = self.spool.receive(
            [path.read_bytes()], name=path.name, who="zhang", via="test", now=self.clock.now(), **given
        )
        self.spool.confirm(ticket.receipt)
        self.clock.at += timedelta(seconds=1)
        return ticket

    async def take(self, path, **given):
        return await self.importer.take(self.bring(path, **given))

    def readings(self):
        return self.outbox.all("readings")
