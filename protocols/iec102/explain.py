"""One frame as the object that `meterd decode --json` prints."""

from typing import Any

from protocols.errors import FrameError
from protocols.iec102 import asdu as app
from protocols.iec102.asdu import Asdu
from protocols.iec102.body import Body, Object, Wanted, decode_body, decode_wanted
from protocols.iec102.dialect import Dialect
from protocols.iec102.frame import FIXED, SINGLE, BadFrame, Frame
from protocols.iec102.stamp import Stamp
from protocols.iec102.types import CAUSES, DENIALS, FUNCTIONS_DOWN, FUNCTIONS_UP

__all__ = ["explain"]

_PRM = 0x40
# Parts that say something of the others and are no value.
_MARKS = frozenset({"status", "check"})


def explain(frame: Frame | BadFrame, raw: bytes, dialect: Dialect | None = None) -> dict[str, Any]:
    """Link, type, cause, station and objects of a frame; values are as counted, for a scale is the site's matter."""
    dialect = dialect or Dialect()
    if isinstance(frame, BadFrame):
        return _broken(frame, dialect)
    found = _head(frame, raw)
    if frame.asdu is None:
        return found
    try:
        asdu = app.decode(frame.asdu, dialect)
    except FrameError as error:
        return found | {"ok": False, "error": {"kind": error.kind}}
    return found | _application(asdu, dialect, up=not frame.prm)


def _head(frame: Frame, raw: bytes) -> dict[str, Any]:
    return {
        "protocol": "iec102",
        "ok": True,
        "direction": "down" if frame.prm else "up",
        "address": None if frame.single else str(frame.address),
        "control": None if frame.single else f"{frame.control:02X}",
        "function": "acknowledge" if frame.single else _function(frame.control),
        "link": _link(frame),
        "type": None,
        "cause": None,
        "station": None,
        "error": None,
        "data": {},
        "points": [],
        "raw": raw.hex().upper(),
    }


def _function(control: int) -> str:
    names = FUNCTIONS_DOWN if control & _PRM else FUNCTIONS_UP
    return names.get(control & 0x0F, f"function {control & 0x0F}")


def _link(frame: Frame) -> dict[str, Any]:
    if frame.single:
        return {"function": 0, "address": None, "single": True}
    bits = {"fcb": frame.fcb, "fcv": frame.fcv} if frame.prm else {"acd": frame.acd, "dfc": frame.dfc}
    return {"function": frame.function, "address": frame.address} | bits


def _broken(frame: BadFrame, dialect: Dialect) -> dict[str, Any]:
    """What the bytes say that are there; nothing of it is certain."""
    at = 1 if frame.raw[0] == FIXED else 4
    head = frame.raw[at : at + 1 + dialect.address_bytes]
    guess = Frame(single=True) if frame.raw[0] == SINGLE or not head else Frame(head[0], _number(head[1:]))
    return _head(guess, frame.raw) | {"ok": False, "error": {"kind": frame.kind}}


def _number(raw: bytes) -> int:
    return int.from_bytes(raw, "little")


def _application(asdu: Asdu, dialect: Dialect, *, up: bool) -> dict[str, Any]:
    wanted = decode_wanted(asdu, dialect)
    body = decode_body(asdu, dialect) if up and asdu.type in dialect.up else None
    denied = up and (asdu.cause in DENIALS or asdu.negative)
    kind = (dialect.up if body is not None else dialect.down).get(asdu.type)
    data: dict[str, Any] = {
        "name": kind.name if kind else f"type {asdu.type}",
        "name_zh": kind.name_zh if kind else "",
        "cause": CAUSES.get(asdu.cause, f"cause {asdu.cause}"),
        "count": asdu.count,
        "sequence": asdu.sequence,
        "record": asdu.record,
        "negative": asdu.negative,
        "test": asdu.test,
    }
    data |= _of_body(body) if body is not None else _of_wanted(wanted, asdu)
    return {
        "type": asdu.type,
        "cause": asdu.cause,
        "station": asdu.station,
        "error": {"kind": "meter", "bits": [data["cause"]]} if denied else None,
        "data": data,
        "points": _points(asdu, body, data) if body is not None else [],
    }


def _of_wanted(wanted: Wanted | None, asdu: Asdu) -> dict[str, Any]:
    if wanted is None:
        return {"body": asdu.body.hex().upper()} if asdu.body else {}
    found: dict[str, Any] = {}
    if wanted.first is not None:
        found |= {"first": wanted.first, "last": wanted.last}
    if wanted.since is not None:
        name = "from" if wanted.until is not None else "time"
        found[name] = _time(wanted.since)
    if wanted.until is not None:
        found["to"] = _time(wanted.until)
    return found


def _of_body(body: Body) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if body.shared is not None:
        found |= {
            "time": _time(body.shared),
            "time_invalid": body.shared.invalid,
            "summer": body.shared.summer,
        }
    if body.error:
        found |= {"tail": body.tail.hex().upper(), "why": body.error}
    if len(body.objects) == 1 and body.objects[0].address is None:
        found |= {name: _plain(value) for name, value in body.objects[0].parts.items()}
    elif body.objects and body.objects[0].address is None:
        found["objects"] = [
            {name: _plain(value) for name, value in one.parts.items()} for one in body.objects
        ]
    return found


def _plain(value: int | Stamp) -> int | str | None:
    return _time(value) if isinstance(value, Stamp) else value


def _time(stamp: Stamp) -> str | None:
    return None if stamp.at is None else stamp.at.isoformat()


def _points(asdu: Asdu, body: Body, data: dict[str, Any]) -> list[dict[str, Any]]:
    at = _time(body.shared) if body.shared is not None else None
    found: list[dict[str, Any]] = []
    for one in body.objects:
        if one.address is not None:
            found += _values(asdu.type, one, at, data)
    return found


def _values(kind: int, one: Object, at: str | None, data: dict[str, Any]) -> list[dict[str, Any]]:
    """A point for each number of an object, with the time of its own where it has one."""
    own = next((_time(value) for value in one.parts.values() if isinstance(value, Stamp)), at)
    numbers = {name: value for name, value in one.parts.items() if isinstance(value, int)}
    status = numbers.get("status")
    marks = {} if status is None else {"status": f"{status:02X}"}
    return [
        {
            "id": f"{kind}/{one.address}",
            "address": one.address,
            "obis": None,
            "name": data["name"],
            "name_zh": data["name_zh"],
            "part": name,
            "value": str(value),
            "unit": "",
            "at": own,
        }
        | marks
        for name, value in numbers.items()
        if name not in _MARKS
    ]
