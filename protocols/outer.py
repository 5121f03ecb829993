"""Protocols that stand between the gateway and meters of other protocols: what leaves such a link speaks them alone.

`OUTERS` is the one line to add for another collection technique of this kind. The codecs are imported at their
first use: a gateway without such equipment does not carry them in memory.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from protocols.session import Effect

__all__ = ["BEHIND", "OUTERS", "Outer", "greeter"]

_TWELVE, _EIGHT, _LAST_LINK = 12, 8, 0xFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    """What the rooms above need of such a protocol.

    `address` brings a target's address into the form that frames carry, raising ValueError; `expected` says what it
    is in both languages. `meters` are the protocols of the meters behind. `keeps` is what the equipment remembers
    for them, whatever they remember themselves. `why_not` tells why a point is not to be had from one of its
    memories, empty if it is; None where the meters' own protocol tells. `share` gives questions, bytes sent and bytes
    answered for one meter, of points from a memory with frames so long; None where each meter is asked its own
    protocol's questions, of which each takes `behind_seconds` more on its way. `sets_time` tells that its own clock
    can be set; `clock_point` is the measuring point under which that is read, None where any meter's will do.
    `greets` tells that it says who it is when it dials in, so that many may call one port.
    """

    name: str
    classify: Callable[[bytes], Effect]
    address: Callable[[str], str]
    expected: tuple[str, str]
    meters: frozenset[str]
    keeps: Mapping[str, bool] = field(default_factory=dict)
    why_not: Callable[[str, str], str] | None = None
    share: Callable[[Sequence[str], str, int], tuple[float, float, float]] | None = None
    behind_seconds: float = 0.0
    sets_time: bool = False
    clock_point: int | None = None
    greets: bool = False


def _classify(module: str) -> Callable[[bytes], Effect]:
    def classify(data: bytes) -> Effect:
        return Effect(import_module(f"protocols.{module}.effect").classify(data))

    return classify


def _not_in_terminal(point: str, memory: str) -> str:
    where = import_module("protocols.gdw1376_1.catalogue").where
    return "" if where(point, memory) else f"{point}: no Fn of Q/GDW 1376.1 gives it as {memory}"


def _share_of_terminal(points: Sequence[str], memory: str, frame_bytes: int) -> tuple[float, float, float]:
    found = import_module("protocols.gdw1376_1.plan").share(points, memory, frame_bytes)
    return found[0], found[1], found[2]


def _share_of_ertu(points: Sequence[str], memory: str, frame_bytes: int) -> tuple[float, float, float]:
    """A question, its confirmation, the data and its end; objects take six bytes."""
    return 4.0, 80.0, 80.0 + 6.0 * len(points)


def _terminal(text: str) -> str:
    """Region, four digits, and terminal, four hex digits."""
    if len(text) != _EIGHT or not text.isascii() or not text[:4].isdigit():
        raise ValueError(f"{text!r} is not region and terminal")
    number = int(text[4:], 16)
    if not 0 < number < _LAST_LINK:
        raise ValueError(f"{text!r}: terminal 0000 and FFFF are nobody's")
    return text.upper()


def _main_node(text: str) -> str:
    if not (text.isascii() and text.isdigit()) or len(text) > _TWELVE:
        raise ValueError(f"{text!r} is not 1 to 12 digits")
    return text.zfill(_TWELVE)


def _link_address(text: str) -> str:
    if not (text.isascii() and text.isdigit()) or not 0 <= int(text) <= _LAST_LINK:
        raise ValueError(f"{text!r} is not 0 to {_LAST_LINK}")
    return str(int(text))


def _twelve_digits(text: str) -> str:
    if not (text.isascii() and text.isdigit()) or len(text) > _TWELVE:
        raise ValueError(f"{text!r} is not 1 to {_TWELVE} digits")
    return text.zfill(_TWELVE)


BEHIND: Mapping[str, Callable[[str], str]] = {"gdw1376.1": _twelve_digits, "iec102": _twelve_digits}
"""Protocols of meters that speak only through such equipment, and the form of such a meter's address."""

_DLT645 = frozenset({"dlt645-1997", "dlt645-2007"})


def greeter() -> Any:
    """What tells a terminal that dials in by its first frame; see `protocols.gdw1376_1.greeting`."""
    return import_module("protocols.gdw1376_1.greeting").Greeter()


_ALL = {"daily_freeze": True, "settlement": True, "load_record": True}


def _terminals(own: str) -> Outer:
    return Outer(
        name="gdw1376.1",
        classify=_classify("gdw1376_1"),
        address=_terminal,
        expected=("region and terminal, 8 digits as 44030004", "行政区划码和终端地址共 8 位，如 44030004"),
        meters=_DLT645 | {own},
        keeps=_ALL,
        why_not=_not_in_terminal,
        share=_share_of_terminal,
        sets_time=True,
        clock_point=0,
        greets=True,
    )


OUTERS: Mapping[str, Outer] = {
    "concentrator": _terminals("gdw1376.1"),
    "terminal": _terminals("gdw1376.1"),
    "carrier": Outer(
        name="gdw1376.2",
        classify=_classify("gdw1376_2"),
        address=_main_node,
        expected=("the main node's address, 1 to 12 digits", "主节点地址，1 至 12 位数字"),
        meters=_DLT645,
        behind_seconds=1.5,
    ),
    "ertu": Outer(
        name="iec102",
        classify=_classify("iec102"),
        address=_link_address,
        expected=("the link address, 0 to 65535", "链路地址 0 至 65535"),
        meters=frozenset({"iec102"}),
        keeps={"daily_freeze": True, "settlement": True, "load_record": True},
        why_not=lambda point, memory: "",
        share=_share_of_ertu,
        sets_time=True,
    ),
}
