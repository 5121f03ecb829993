"""Numbers as people write them: digits 0 to 9 only, of a bounded length.

`str.isdigit` and `int` disagree about what a digit is (²), both take digits of every script, and `int` refuses
very long texts with an error of its own. So no text of a file becomes a number but through here.
"""

import re
from decimal import Decimal
from functools import lru_cache

__all__ = ["LARGEST", "decimal", "whole"]

LARGEST = Decimal(10) ** 15
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,3})?")


def whole(text: str, least: int, most: int) -> int:
    """A whole number from `least` to `most`; raises ValueError."""
    if not _WHOLE.fullmatch(text) or not least <= int(text) <= most:
        raise ValueError(text)
    return int(text)


@lru_cache(maxsize=1024)  # tables say the same few ratios and ratings thousands of times
def decimal(text: str) -> Decimal:
    """A number of at most 10^15 either way; raises ValueError."""
    if not _DECIMAL.fullmatch(text) or abs(found := Decimal(text)) > LARGEST:
        raise ValueError(text)
    return found
