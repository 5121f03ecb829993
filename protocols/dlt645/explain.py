"""One frame as the object that `meterd decode --json` prints."""

from typing import Any

from protocols.dlt645 import status
from protocols.dlt645.body import Body, describe
from protocols.dlt645.catalogue import lookup
from protocols.dlt645.frame import BadFrame, Frame
from protocols.dlt645.function import FOLLOW, REPLY, function_of, standard_of
from protocols.session import Item

__all__ = ["explain"]


def explain(frame: Frame | BadFrame, raw: bytes, standard: str | None = None) -> dict[str, Any]:
    """Direction, address, function, values and the rest of a frame; `standard` forces a generation."""
    if isinstance(frame, BadFrame):
        return _broken(frame, standard)
    standard = standard or standard_of(frame)
    body = describe(standard, frame)
    is_reply = bool(frame.control & REPLY)
    return {
        "protocol": f"dlt645-{standard}",
        "ok": True,
        "direction": "up" if is_reply else "down",
        "address": frame.address,
        "control": f"{frame.control:02X}",
        "function": function_of(standard, frame.control).name,
        "follow": bool(frame.control & FOLLOW),
        "error": None if body.error is None else {"kind": "meter", "bits": list(body.error)},
        "data": ({"di": body.di} if body.di is not None else {}) | body.data,
        "points": _points(standard, body, requested=not is_reply),
        "raw": raw.hex().upper(),
    }


def _broken(frame: BadFrame, standard: str | None) -> dict[str, Any]:
    raw = frame.raw
    return {
        "protocol": f"dlt645-{standard or '2007'}",
        "ok": False,
        "direction": "up" if raw[8] & REPLY else "down",
        "address": raw[6:0:-1].hex().upper(),
        "control": f"{raw[8]:02X}",
        "function": None,
        "follow": False,
        "error": {"kind": frame.kind},
        "data": {},
        "points": [],
        "raw": raw.hex().upper(),
    }


def _points(standard: str, body: Body, *, requested: bool) -> list[dict[str, Any]]:
    if body.di is None:
        return []
    if body.items:
        return [_point(standard, item) for item in body.items]
    entry = lookup(standard, body.di)
    if requested or entry is None:
        return [
            _point(standard, Item(body.di, entry.point if entry else None, None, entry.unit if entry else ""))
        ]
    return []


def _point(standard: str, item: Item) -> dict[str, Any]:
    entry = lookup(standard, item.id)
    point: dict[str, Any] = {
        "id": item.id,
        "obis": item.point
        if item.point and ":" in item.point and not item.point.startswith("dlt645")
        else None,
        "name": entry.name if entry else "",
        "name_zh": entry.name_zh if entry else "",
        "value": None if item.value is None else str(item.value),
        "unit": item.unit or (entry.unit if entry and entry.unit != "mixed" else ""),
        "at": item.at.isoformat() if item.at else None,
    }
    if item.part:
        point["part"] = item.part
    if item.error:
        point["error"] = item.error
    if item.unit == "bits" and isinstance(item.value, str) and not item.part:
        bits = status.names(item.id, item.value)
        point["bits"], point["bits_zh"] = [en for en, _ in bits], [zh for _, zh in bits]
    return point
