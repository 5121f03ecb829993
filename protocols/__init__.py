"""Bytes to frames to readings, and back: no I/O, no clock.

`PROTOCOLS` is the one line to add for a new protocol.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from importlib import import_module
from typing import Any

from protocols.dlt645.broadcast import time_broadcast
from protocols.dlt645.effect import classify
from protocols.dlt645.plan import plan
from protocols.dlt645.session import Dlt645Session
from protocols.errors import CatalogueError
from protocols.session import Effect, Question, Session

__all__ = ["PROTOCOLS", "ProtocolKind"]

_DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolKind:
    """What the rooms above need of a protocol.

    `session` takes the number of wake-up bytes, `classify` names the effect of one whole send, `plan` turns
    points into questions, `time_broadcast` is the frame that tells a line the local time, None where there is none.
    `freezes` and `settlements` are how many of each a meter keeps; `freeze_stamp` asks for the time of the k-th
    last one.
    `driver` collects from its meters, `family` is the protocol that meter models name, `points_of` are the points of a
    model that lists them. `address` brings an address into the form that frames carry, `pattern` one that may stand
    for several or be left out; both raise ValueError. `is_numbered` tells that a reply carries its question's number:
    no pause is needed.
    """

    name: str
    session: Callable[[int], Session]
    classify: Callable[[bytes], Effect]
    plan: Callable[..., Any]
    time_broadcast: Callable[[datetime, int], bytes] | None
    freezes: int
    settlements: int
    freeze_stamp: Callable[[str, int], Question]
    family: str
    driver: str
    address: Callable[[str], str]
    pattern: Callable[[str], str]
    is_numbered: bool
    points_of: Callable[[Mapping[str, Any]], tuple[str, ...]]


def _freeze_stamp(address: str, k: int) -> Question:
    return Question(address=address, id=f"050600{k:02X}")


def _dlt645(standard: str, freezes: int, settlements: int) -> ProtocolKind:
    return ProtocolKind(
        name=f"dlt645-{standard}",
        session=partial(Dlt645Session, standard),
        classify=classify,
        plan=partial(plan, standard),
        time_broadcast=time_broadcast,
        freezes=freezes,
        settlements=settlements,
        freeze_stamp=_freeze_stamp,
        family=f"dlt645-{standard}",
        driver="meter",
        address=_twelve_digits,
        pattern=_twelve_places,
        is_numbered=False,
        points_of=lambda model: (),
    )


def _twelve_digits(text: str) -> str:
    if not (text.isascii() and text.isdigit()) or len(text) > _DIGITS:
        raise ValueError(f"{text!r} is not 1 to 12 digits")
    return text.zfill(_DIGITS)


def _twelve_places(text: str) -> str:
    digits = text.upper() or "A" * _DIGITS
    if len(digits) > _DIGITS or not set(digits) <= set("0123456789A"):
        raise ValueError(f"{text!r} is not up to 12 digits")
    return digits.rjust(_DIGITS, "0")


def _in_modbus(module: str, name: str) -> Callable[..., Any]:
    """A function of the codec, imported at its first use: a gateway without Modbus does not carry it in memory."""

    @cache
    def found() -> Callable[..., Any]:
        function: Callable[..., Any] = getattr(import_module(f"protocols.modbus.{module}"), name)
        return function

    def call(*given: Any, **named: Any) -> Any:
        return found()(*given, **named)

    return call


def _unit(text: str, least: int) -> str:
    unit: int = _in_modbus("session", "unit_of")(text)
    if unit < least:
        raise ValueError(f"unit {unit} speaks to all, none of whom may answer")
    return str(unit)


def _no_stamp(address: str, k: int) -> Question:
    raise CatalogueError("Modbus meters keep no freezes")


def _modbus(name: str, classify: str, *, is_rtu: bool) -> ProtocolKind:
    return ProtocolKind(
        name=name,
        session=partial(_in_modbus("session", "ModbusSession"), is_rtu=is_rtu),
        classify=_in_modbus("effect", classify),
        plan=_in_modbus("plan", "plan"),
        time_broadcast=None,
        freezes=0,
        settlements=0,
        freeze_stamp=_no_stamp,
        family="modbus",
        driver="modbus",
        address=partial(_unit, least=int(is_rtu)),
        pattern=partial(_unit, least=int(is_rtu)),
        is_numbered=not is_rtu,
        points_of=_in_modbus("plan", "points_of"),
    )


PROTOCOLS: Mapping[str, ProtocolKind] = {
    kind.name: kind
    for kind in (
        _dlt645("1997", 0, 2),
        _dlt645("2007", 62, 12),
        _modbus("modbus-rtu", "classify_rtu", is_rtu=True),
        _modbus("modbus-tcp", "classify_tcp", is_rtu=False),
    )
}
