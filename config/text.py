"""Chinese or English for what a person reads, by METERD_LANG, LC_ALL, LC_MESSAGES or LANG."""

import os

__all__ = ["language", "say"]


def language() -> str:
    """The reader's language: "zh" or "en"."""
    for name in ("METERD_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def say(en: str, zh: str) -> str:
    """The text in the reader's language."""
    return zh if language() == "zh" else en
