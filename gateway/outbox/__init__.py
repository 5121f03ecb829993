"""The durable outbox between the buses and the uplink."""

from gateway.outbox.batches import Claimed
from gateway.outbox.entry import CLASSES, Entry, Mark, class_of
from gateway.outbox.errors import OutboxError, OutboxFull
from gateway.outbox.outbox import Outbox
from gateway.outbox.stats import BUCKETS, Stats

__all__ = [
    "BUCKETS",
    "CLASSES",
    "Claimed",
    "Entry",
    "Mark",
    "Outbox",
    "OutboxError",
    "OutboxFull",
    "Stats",
    "class_of",
]
