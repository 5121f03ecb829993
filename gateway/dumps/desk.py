"""Imports from the command line: a pure check without a configuration, else by the daemon or in its place."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from config.load import Loaded, load
from config.profiles import profiles
from config.schema import Dumps
from drivers.dumps.files import Limits
from gateway.clock import Clock
from gateway.dumps.check import Judging, Shape, check
from gateway.dumps.report import Report
from protocols.dumps.spec import Spec

__all__ = ["Desk", "DeskError", "shape_of"]

_ZONE = "Asia/Shanghai"


class DeskError(Exception):
    """What was asked for cannot be done; the text is for a person."""


def shape_of(settings: Dumps, zone: str) -> Shape:
    """How files are read under these settings; raises ProfileError for a profile of the user's that is wrong."""
    limits = Limits(max_bytes=settings.max_bytes, max_rows=settings.max_rows)
    return Shape(profiles=tuple(profiles(settings.profiles)), tz=ZoneInfo(zone), limits=limits)


@dataclass(frozen=True, slots=True)
class Desk:
    """One run of the command."""

    loaded: Loaded | None
    shape: Shape
    clock: Clock
    wait: float

    @classmethod
    def of(cls, config: Path | None, clock: Clock, wait: float) -> "Desk":
        """With a configuration or without; raises ConfigError and ProfileError."""
        loaded = load(config) if config is not None else None
        settings = loaded.settings.dumps if loaded else Dumps()
        zone = loaded.settings.gateway.timezone if loaded else _ZONE
        return cls(loaded, shape_of(settings, zone), clock, wait)

    @property
    def settings(self) -> Dumps:
        """The settings that hold."""
        return self.loaded.settings.dumps if self.loaded else Dumps()

    def run(
        self, path: Path, wanted: Spec | None, *, commit: bool, progress: Callable[[int], None]
    ) -> Report:
        """Check or import one file."""
        shape = replace(self.shape, wanted=wanted)
        judging = Judging(now=self.clock.now(), settings=self.settings)
        if self.loaded is not None:
            judging = replace(judging, archive=self.loaded.archive, review=dict(self.loaded.settings.review))
        del commit
        return check(path, shape, judging, progress)
