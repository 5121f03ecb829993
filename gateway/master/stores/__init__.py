"""The databases that the master can keep readings in: a file here and a line in `STORES`."""

import importlib
from typing import cast
from urllib.parse import urlsplit

from gateway.master.stores.base import BadUrl, Outcome, Store, StoreError, StoreGone, StoreProblem

__all__ = ["STORES", "BadUrl", "Outcome", "Store", "StoreError", "StoreGone", "StoreProblem", "store_of"]

STORES: dict[str, tuple[str, str]] = {
    # scheme of the URL: module, class; imported when asked for
    "sqlite": ("gateway.master.stores.sqlite", "SqliteStore"),
    "postgresql": ("gateway.master.stores.postgres", "PostgresStore"),
}


def store_of(url: str, utc_offset_seconds: int = 28_800) -> Store:
    """The store at a URL, not yet connected; raises BadUrl.

    `utc_offset_seconds` says when the days of the views begin; it is written into a new database and stays.
    """
    scheme = urlsplit(url).scheme
    if scheme == "postgres":
        scheme = "postgresql"
    if scheme not in STORES:
        raise BadUrl(f"{url}: expected one of {', '.join(f'{name}://' for name in STORES)}")
    module, name = STORES[scheme]
    return cast("Store", getattr(importlib.import_module(module), name)(url, utc_offset_seconds))
