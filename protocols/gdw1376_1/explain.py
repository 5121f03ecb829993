"""One frame of Q/GDW 1376.1 as the object that `meterd decode --json` prints."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from protocols.dlt645 import frame as dlt645
from protocols.dlt645.explain import explain as explain_dlt645
from protocols.gdw1376_1.body import Body, Unit, decode_body, named
from protocols.gdw1376_1.catalogue import AFNS, lookup
from protocols.gdw1376_1.events import Record
from protocols.gdw1376_1.formats import FORMATS, NotBcd
from protocols.gdw1376_1.frame import BadFrame, Frame, Tp
from protocols.points import find, obis
from protocols.session import Item

__all__ = ["explain"]

_CONFIRM, _LIVE, _FORWARD = 0x00, 0x0C, 0x10
_DENIED, _ONE_BY_ONE = 2, 3


def explain(frame: Frame | BadFrame, raw: bytes = b"") -> dict[str, Any]:
    """Address, functions and points of a frame, its values, and what it carries under `inner`."""
    if isinstance(frame, BadFrame):
        return _broken(frame)
    body = decode_body(frame.afn, frame.body, up=frame.up)
    pns, fns = named(body)
    return _head(frame) | {
        "follow": frame.up and not frame.fin,
        "error": _denied(frame, body.units),
        "fn": fns,
        "pn": pns,
        "data": _data(frame, body),
        "points": [point for unit in body.units for point in _points(frame, unit)],
        "inner": _inner(frame, body.units),
        "raw_tail": body.tail.hex().upper(),
        "raw": raw.hex().upper(),
    }


def _head(frame: Frame) -> dict[str, Any]:
    return {
        "protocol": "gdw1376.1",
        "ok": True,
        "direction": "up" if frame.up else "down",
        "address": frame.address,
        "msa": frame.msa,
        "group": frame.is_group,
        "identifier": frame.protocol_id,
        "control": f"{frame.control:02X}",
        "prm": frame.prm,
        "function": AFNS.get(frame.afn, (f"AFN {frame.afn:02X}", ""))[0],
        "afn": f"{frame.afn:02X}",
        "seq": frame.number,
        "con": frame.con,
        "fir": frame.fir,
        "fin": frame.fin,
        "acd": frame.up and frame.flag,
    }


def _broken(frame: BadFrame) -> dict[str, Any]:
    """What the bytes say that are there; nothing of it is certain."""
    raw = frame.raw
    address, seq = raw[7:12], raw[13]
    guess = Frame(
        control=raw[6],
        address=(address[1::-1] + address[3:1:-1]).hex().upper(),
        msa=address[4] >> 1,
        is_group=bool(address[4] & 1),
        afn=raw[12],
        seq=seq,
        protocol_id=raw[1] & 3,
    )
    return _head(guess) | {
        "ok": False,
        "follow": False,
        "function": None,
        "error": {"kind": frame.kind},
        "fn": [],
        "pn": [],
        "data": {},
        "points": [],
        "inner": None,
        "raw_tail": "",
        "raw": raw.hex().upper(),
    }


def _denied(frame: Frame, units: Sequence[Unit]) -> dict[str, Any] | None:
    """A denial is a good frame that says no."""
    if frame.afn != _CONFIRM:
        return None
    bits = []
    for unit in units:
        if unit.fn == _DENIED:
            bits.append("all denied")
        elif unit.fn == _ONE_BY_ONE:
            bits += [f"{_named(item)} error {item['error']}" for item in unit.data["items"] if item["error"]]
    return {"kind": "meter", "bits": bits} if bits else None


def _named(item: Mapping[str, Any]) -> str:
    return f"p{','.join(map(str, item['pn']))} F{','.join(map(str, item['fn']))}"


# -- what is no value of a point -------------------------------------------------------------------------------------


def _data(frame: Frame, body: Body) -> dict[str, Any]:
    """What the tail of the frame says, then the one unit's data, or those of every unit under `units`."""
    found: dict[str, Any] = {}
    if frame.ec is not None:
        found["ec"] = list(frame.ec)
    if frame.tp is not None:
        found["tp"] = _tp(frame.tp)
    if frame.password is not None:
        found["password"] = frame.password.hex().upper()
    if body.error:
        found["why"] = body.error
    if len(body.units) == 1:
        return found | _plain(body.units[0].data)
    units = [{"pn": unit.pn, "fn": unit.fn} | _plain(unit.data) for unit in body.units if unit.data]
    return found | ({"units": units} if units else {})


def _tp(tp: Tp) -> dict[str, Any]:
    try:
        sent = str(FORMATS["A16"].read(tp.sent))
    except NotBcd:
        sent = tp.sent.hex().upper()
    return {"pfc": tp.pfc, "sent": sent, "delay_min": tp.delay}


def _plain(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "events" if name == "records" else name: [_record(one) for one in value]
        if name == "records"
        else value
        for name, value in data.items()
    }


def _record(record: Record) -> dict[str, Any]:
    known = {
        name: _text(value) for name, value in asdict(record).items() if name not in ("erc", "raw", "data")
    }
    return {"ERC": record.erc, "Le": record.raw[1]} | known | dict(record.data) | {"raw": _text(record.raw)}


def _text(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    return value.hex().upper() if isinstance(value, bytes) else value


def _inner(frame: Frame, units: Sequence[Unit]) -> Any:
    """A forwarded DL/T 645 frame, a list where there are several; None where there is none."""
    if frame.afn != _FORWARD:
        return None
    found: list[dict[str, Any]] = []
    for unit in units:
        splitter = dlt645.Splitter()
        for one in splitter.feed(bytes.fromhex(unit.data.get("content", ""))) + splitter.flush():
            raw = one.raw if isinstance(one, dlt645.BadFrame) else dlt645.encode(one)
            found.append(explain_dlt645(one, raw))
    return found[0] if len(found) == 1 else found or None


# -- values ----------------------------------------------------------------------------------------------------------


def _points(frame: Frame, unit: Unit) -> list[dict[str, Any]]:
    """The unit's values; a question lists what it asks for, without values."""
    if unit.items:
        read = unit.data.get("read_time") if frame.afn == _LIVE else None
        return [_point(frame.afn, unit, item, read) for item in unit.items]
    fn = lookup(frame.afn, unit.fn)
    if frame.up or not frame.prm or fn is None or fn.layout is None or not fn.layout.fields:
        return []
    wanted = [name for name in fn.layout.fields if name != "read_time"]
    only = wanted[0] if len(wanted) == 1 and obis(wanted[0]) else None
    return [_point(frame.afn, unit, Item(f"{frame.afn:02X}-F{unit.fn}", only, None, ""), None)]


def _point(afn: int, unit: Unit, item: Item, read: Any) -> dict[str, Any]:
    """`read` is when the terminal read the meter, for values that hold then."""
    fn = lookup(afn, unit.fn)
    known = find(item.point) if item.point is not None else None
    point: dict[str, Any] = {
        "id": item.id,
        "obis": obis(item.point),
        "name": known.name if known else fn.name if fn else "",
        "name_zh": known.name_zh if known else fn.name_zh if fn else "",
        "value": None if item.value is None else str(item.value),
        "unit": item.unit or (known.unit if known else ""),
        "at": item.at.isoformat() if item.at else _seconds(read),
        "pn": unit.pn,
        "fn": unit.fn,
    }
    if item.part:
        point["part"] = item.part
    if item.error:
        point["error"] = item.error
    return point


def _seconds(read: Any) -> str | None:
    return datetime.fromisoformat(read).isoformat() if isinstance(read, str) else None
