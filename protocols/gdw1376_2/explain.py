"""One frame of Q/GDW 1376.2 as the object that `meterd decode --json` prints."""

from typing import Any

from protocols.dlt645 import frame as dlt645
from protocols.dlt645.explain import explain as explain_dlt645
from protocols.gdw1376_2.body import decode_body
from protocols.gdw1376_2.catalogue import lookup
from protocols.gdw1376_2.frame import BadFrame, Frame

__all__ = ["explain"]

_BYTES = (("route", 0, 0, 1), ("sub", 0, 1, 1), ("module", 0, 2, 1), ("conflict", 0, 3, 1), ("relay", 0, 4, 4),
          ("channel", 1, 0, 4), ("ecc", 1, 4, 4), ("expect", 2, 0, 8))  # fmt: skip
_BYTES_UP = (("route", 0, 0, 1), ("module", 0, 2, 1), ("relay", 0, 4, 4), ("channel", 1, 0, 4), ("phase", 2, 0, 4),
             ("meter_ch", 2, 4, 4), ("cmd_q", 3, 0, 4), ("rsp_q", 3, 4, 4), ("event", 4, 0, 1))  # fmt: skip


def explain(frame: Frame | BadFrame, raw: bytes = b"") -> dict[str, Any]:
    """Function, addresses, the decoded data unit, and what it carries under `inner`."""
    if isinstance(frame, BadFrame):
        return _broken(frame)
    entry = lookup(frame.afn, frame.fn)
    body = decode_body(frame.afn, frame.fn, frame.data, up=frame.up)
    explained: dict[str, Any] = {
        "protocol": "gdw1376.2",
        "ok": True,
        "direction": "up" if frame.up else "down",
        "address": frame.source if frame.up else frame.destination,
        "control": f"{frame.control:02X}",
        "function": entry.name if entry else None,
        "follow": False,
        "error": _denied(frame, body.data),
        "afn": f"{frame.afn:02X}",
        "fn": frame.fn,
        "seq": frame.seq,
        "prm": frame.prm,
        "mode": frame.mode,
        "information": information(frame),
        "source": frame.source,
        "relays": list(frame.relays),
        "destination": frame.destination,
        "data": dict(body.data),
        "points": [],
        "inner": _inner(body.frame),
    }
    if body.tail:
        explained["raw_tail"] = body.tail.hex().upper()
    return explained | {"raw": raw.hex().upper()}


def information(frame: Frame) -> dict[str, int]:
    """The bits of R, by the names that both directions have for them."""
    fields = _BYTES_UP if frame.up else _BYTES
    found = {name: frame.info[at] >> shift & (1 << width) - 1 for name, at, shift, width in fields}
    if not frame.up:
        rate = frame.info[3] | frame.info[4] << 8
        found |= {"rate": rate & 0x7FFF, "rate_k": rate >> 15}
    return found


def _denied(frame: Frame, data: Any) -> dict[str, Any] | None:
    """A denial is a good frame that says no."""
    if (frame.afn, frame.fn) != (0x00, 2) or "code" not in data:
        return None
    return {"kind": "meter", "bits": [data.get("code_name", f"code {data['code']}")]}


def _inner(carried: bytes | None) -> Any:
    """A carried DL/T 645 frame, a list where there are several; None where there is none."""
    splitter = dlt645.Splitter()
    found = splitter.feed(carried or b"") + splitter.flush()
    explained = [explain_dlt645(one, _raw(one)) for one in found]
    return explained[0] if len(explained) == 1 else explained or None


def _raw(frame: dlt645.Frame | dlt645.BadFrame) -> bytes:
    return frame.raw if isinstance(frame, dlt645.BadFrame) else dlt645.encode(frame)


def _broken(frame: BadFrame) -> dict[str, Any]:
    raw = frame.raw
    return {
        "protocol": "gdw1376.2",
        "ok": False,
        "direction": "up" if raw[3] & 0x80 else "down",
        "address": "",
        "control": f"{raw[3]:02X}",
        "function": None,
        "follow": False,
        "error": {"kind": frame.kind},
        "afn": None,
        "fn": None,
        "seq": raw[9],
        "mode": raw[3] & 0x3F,
        "source": "",
        "destination": "",
        "data": {},
        "points": [],
        "inner": None,
        "raw": raw.hex().upper(),
    }
