"""A review that changes nothing: a reviewer of its own that knows what the outbox saved or another one knows."""

from collections.abc import Iterable, Iterator, Mapping
from zoneinfo import ZoneInfo

from config.archive import Archive
from config.schema import Settings, Target
from gateway.clock import Clock
from gateway.review.reviewer import Reviewer

__all__ = ["like", "restored", "state_names"]


def state_names(targets: Iterable[Target]) -> Iterator[str]:
    """Names of the states that hold bases and findings of these targets."""
    for target in targets:
        yield f"finding:{target.name}"
        yield f"base:{target.name}"


def restored(
    settings: Settings, archive: Archive, clock: Clock, saved: Mapping[str, bytes | None]
) -> Reviewer:
    """A reviewer with the saved bases and findings."""
    reviewer = Reviewer(archive, settings.review, clock, ZoneInfo(settings.gateway.timezone))
    for name, blob in saved.items():
        if blob is not None and name.startswith("finding:"):
            reviewer.book.unpack(blob)
        elif blob is not None:
            reviewer.unpack(blob, archive)
    return reviewer


def like(reviewer: Reviewer, settings: Settings, archive: Archive, clock: Clock) -> Reviewer:
    """A reviewer that knows what another one knows, for a look at what an import would say."""
    saved: dict[str, bytes | None] = {}
    for target, meters in archive.by_target.items():
        saved[f"finding:{target}"] = reviewer.book.pack(target)
        saved[f"base:{target}"] = reviewer.pack(meters)
    return restored(settings, archive, clock, saved)
