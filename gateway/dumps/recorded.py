"""Meter exchanges that were recorded here, beside the archive's own. Light: the daemon reads them at every start."""

from dataclasses import replace
from pathlib import Path

from config.archive import Archive, Exchange
from config.assemble import load_exchanges
from config.errors import Problem

__all__ = ["EXCHANGES", "FOLDER", "recorded", "with_recorded"]

FOLDER = "dumps"
"""Below the state folder."""
EXCHANGES = "exchanges.csv"


def with_recorded(archive: Archive, folder: Path) -> Archive:
    """The archive with the exchanges that were recorded here; its own go before them."""
    own = {(one.old_asset, one.new_asset) for one in archive.exchanges}
    more = tuple(one for one in recorded(folder) if (one.old_asset, one.new_asset) not in own)
    return replace(archive, exchanges=archive.exchanges + more) if more else archive


def recorded(folder: Path) -> tuple[Exchange, ...]:
    """The exchanges of a folder; what cannot be read is passed over."""
    problems: list[Problem] = []
    return load_exchanges(folder, problems)
