"""The master's own findings: what only shows where the readings of all gateways meet."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from gateway.master.rows import shift
from gateway.payload import Batch

__all__ = ["Difference", "claim", "clash", "differs", "twice"]

Difference = tuple[int, str, str, int | None, int, int | None, int]
"""at (microseconds), meter, point, value kept and its scale, value refused and its scale."""

Own = tuple[Any, ...]
"""key, began, rule, meter, point, severity, value, limit, check, source."""


def differs(found: Difference) -> bool:
    """Whether the two values are different numbers, and not one number with more and fewer places."""
    _, _, _, old, old_scale, new, new_scale = found
    if old is None or new is None:
        return old is not new
    return bool(old * 10**new_scale != new * 10**old_scale)


def _text(value: int | None, scale: int) -> str:
    return "-" if value is None else format(Decimal(value).scaleb(-scale), "f")


def twice(found: Difference) -> Own:
    """R004: a key that is there with another value."""
    at, meter, point, old, old_scale, new, new_scale = found
    when = shift(at).isoformat(timespec="microseconds")
    what = "the same meter, point and instant came with another value; the first is kept"
    head = (f"R004:{meter}:{point}:{when}", when, "R004", meter, point, 2)
    return (*head, _text(new, new_scale), _text(old, old_scale), what, "")


def clash(batch: Batch, now: datetime) -> Own:
    """M001: a batch number that is known with another content."""
    key = f"M001:{batch.gateway}:{batch.epoch}:{batch.batch}"
    what = "one batch number came with two contents: is a state folder of this gateway in use twice?"
    when = now.isoformat(timespec="microseconds")
    return key, when, "M001", "", "", 2, batch.sha256, str(batch.batch), what, batch.gateway


def claim(asset: str, gateway: str, at: datetime) -> Own:
    """M002: a gateway reads a meter that another one reads."""
    what = "two gateways read this meter: take it out of one archive"
    when = at.isoformat(timespec="microseconds")
    return f"M002:{asset}:{gateway}", when, "M002", asset, "", 2, gateway, "", what, gateway
