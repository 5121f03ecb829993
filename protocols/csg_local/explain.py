"""A frame of the southern grid as the object that `meterd decode --json` prints: recognised, not supported."""

from typing import Any

from protocols.csg_local.frame import BadFrame, Frame

__all__ = ["explain"]


def explain(frame: Frame | BadFrame, raw: bytes = b"") -> dict[str, Any]:
    """What is known of it; never ok, for nothing here can judge what it says."""
    found: dict[str, Any] = {
        "protocol": "csg-local",
        "ok": False,
        "direction": "up" if frame.raw[3] & 0x80 else "down",
        "address": "",
        "control": f"{frame.raw[3]:02X}",
        "function": None,
        "follow": False,
        "data": {},
        "points": [],
        "raw": frame.raw.hex().upper(),
    }
    if isinstance(frame, BadFrame):
        return found | {"error": {"kind": frame.kind}}
    return found | {
        "error": {"kind": "unsupported"},
        "address": frame.destination,
        "afn": f"{frame.afn:02X}",
        "seq": frame.seq,
        "source": frame.source,
        "destination": frame.destination,
        "data": {"identifier": frame.identifier, "body": frame.data.hex().upper()},
    }
