"""The databases that the master can keep readings in: a file here and a line in `STORES`."""

import importlib
from typing import cast
from urllib.parse import urlsplit

from config.text import say
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
        raise BadUrl(
            f"{url.rpartition('@')[2]}: {say('expected', '应为')} sqlite:///PATH, postgresql://USER@HOST/DATABASE"
        )
    module, name = STORES[scheme]
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        text = say(
            "is missing; install meterd with the extra `master`", "未安装；请安装 meterd 的附加组件 `master`"
        )
        raise BadUrl(f"{scheme}: {error.name} {text}") from None
    return cast("Store", getattr(found, name)(url, utc_offset_seconds))
