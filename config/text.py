"""Chinese or English for what a person reads, by METERD_LANG, LC_ALL, LC_MESSAGES or LANG.

Where one process speaks to many people, `speaking` sets the language of one of them.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["language", "say", "speaking"]

_chosen: ContextVar[str] = ContextVar("language", default="")


@contextmanager
def speaking(name: str) -> Iterator[None]:
    """Within this block, in this task and the threads it starts, the reader's language is "zh" or "en"."""
    before = _chosen.set(name)
    try:
        yield
    finally:
        _chosen.reset(before)


def language() -> str:
    """The reader's language: "zh" or "en"."""
    if chosen := _chosen.get():
        return chosen
    for name in ("METERD_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def say(en: str, zh: str) -> str:
    """The text in the reader's language."""
    return zh if language() == "zh" else en
