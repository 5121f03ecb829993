"""What somebody may have meant by a word that is not known."""

from collections.abc import Iterable

__all__ = ["alike"]


def alike(word: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """The known word most like this one, empty where none is; `likeness` is from 0 to 1 (the same).

    A daemon with a good configuration never asks, and carries no comparison of texts in memory.
    """
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, list(known), 1, likeness)), "")
