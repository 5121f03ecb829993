"""Where the page keeps what it keeps, below the gateway's state folder; the command line looks there too."""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Places"]


@dataclass(frozen=True, slots=True)
class Places:
    """The paths under one state folder; nothing is made by asking."""

    state: Path

    @property
    def folder(self) -> Path:
        """The page's own folder."""
        return self.state / "upload"

    @property
    def spool(self) -> Path:
        """Where files lie for the daemon that imports them."""
        return self.state / "dumps"

    @property
    def users(self) -> Path:
        """Who may sign in."""
        return self.folder / "users.json"

    @property
    def record(self) -> Path:
        """Every upload, append-only."""
        return self.folder / "record.jsonl"

    @property
    def views(self) -> Path:
        """Reports as pages show them."""
        return self.folder / "views"
