"""What the accuracy classes of meters leave uncertain in a loss."""

import re
from collections.abc import Iterable
from decimal import Decimal

from config.archive import Meter

__all__ = ["accuracy_of", "bound"]

_LETTERS = {"A": Decimal("0.02"), "B": Decimal("0.01"), "C": Decimal("0.005"), "D": Decimal("0.002")}
_NUMBER = re.compile(r"(0\.2|0\.5|1|2)(?:\.0)?S?", re.ASCII | re.IGNORECASE)
_TRANSFORMER = Decimal("0.005")
_DIRECT, _MEASURED = Decimal("0.02"), Decimal("0.005")
_STEP = Decimal("0.0001")


def accuracy_of(meter: Meter) -> Decimal:
    """Largest relative error of a meter by its class, as a share: 0.02 of class 2, A, or unknown.

    Behind current transformers an unknown class is 0.5, and half a per cent is added for them: 0.5 gives 0.7 %.
    """
    text = meter.accuracy.strip().upper()
    behind = meter.ct != 1
    if found := _NUMBER.fullmatch(text):
        own = Decimal(found[1]) / 100
    else:
        own = _LETTERS.get(text, _MEASURED if behind else _DIRECT)
    if not behind:
        return own
    return (own * own + _TRANSFORMER * _TRANSFORMER).sqrt().quantize(_STEP)


def bound(parts: Iterable[tuple[Decimal, Decimal]]) -> Decimal:
    """Twice the standard uncertainty of a loss in kWh, from (accuracy, energy) of all meters of both sides."""
    return 2 * (sum(((d * e) ** 2 for d, e in parts), Decimal(0)) / 3).sqrt().quantize(_STEP)
