"""The databases that the master can keep readings in: a file here and a line in `STORES`."""

import importlib
from typing import cast
from urllib.parse import quote

from config.sealed import bare
from config.text import say
from gateway.master.stores.base import BadUrl, Outcome, Store, StoreError, StoreGone, StoreProblem

__all__ = [
    "STORES",
    "BadUrl",
    "Outcome",
    "Store",
    "StoreError",
    "StoreGone",
    "StoreProblem",
    "store_of",
    "with_password",
]

STORES: dict[str, tuple[str, str]] = {
    # scheme of the URL: module, class; imported when asked for
    "sqlite": ("gateway.master.stores.sqlite", "SqliteStore"),
    "postgresql": ("gateway.master.stores.postgres", "PostgresStore"),
}


def with_password(url: str, password: str) -> str:
    """The address of a PostgreSQL database with the password of its user; others need none and raise BadUrl."""
    if _scheme(url) not in ("postgres", "postgresql"):
        raise BadUrl(f"{bare(url)}: {say('takes no password', '不需要口令')}")
    return f"{url}{'&' if '?' in url else '?'}password={quote(password, safe='')}"


def _scheme(url: str) -> str:
    return url.partition(":")[0].lower()


def store_of(url: str, utc_offset_seconds: int = 28_800) -> Store:
    """The store at a URL, not yet connected; raises BadUrl.

    `utc_offset_seconds` says when the days of the views begin; it is written into a new database and stays.
    """
    scheme = _scheme(url)
    if scheme == "postgres":
        scheme = "postgresql"
    if scheme not in STORES:
        raise BadUrl(
            f"{bare(url)}: {say('expected', '应为')} sqlite:///PATH, postgresql://USER@HOST/DATABASE"
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
