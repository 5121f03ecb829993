"""What must hold between the rows of the archive, and between them and targets, protocols and models."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.aliases import aliases
from config.errors import Problem
from config.text import say
from protocols import PROTOCOLS
from protocols.alike import alike
from protocols.outer import BEHIND

__all__ = ["Line", "References", "check_meters", "check_periods", "check_relations", "fill_addresses"]

_DIGITS = 12
_EVERYBODY = "9" * _DIGITS
# What an address is where the row names no protocol that there is.
_USUAL = PROTOCOLS["dlt645-2007"]
_ADDRESSES = {
    "meter": ("1 to 12 digits 0 to 9", "1 至 12 位半角数字"),
    "modbus": ("a unit, 1 to 255", "从站号 1 至 255"),
}
_SHOWN = 20


@dataclass(slots=True)
class Line:
    """A row of a table: its file and line, and its good cells as values; `good` while no mistake is known."""

    path: Path
    number: int
    values: dict[str, Any]
    good: bool = True

    def mistake(
        self, problems: list[Problem], key: str, message: str, expected: str = "", nearest: str = ""
    ) -> None:
        """Name a mistake in this row."""
        self.good = False
        problems.append(
            Problem(
                file=str(self.path),
                line=self.number,
                key=key,
                message=message,
                expected=expected,
                nearest=nearest,
            )
        )

    def unknown(self, problems: list[Problem], key: str, kind: str, known: Iterable[str]) -> None:
        """Name a value that is none of the known ones. `kind` is what it should have been, for a person."""
        names = [name for name in known if name]
        value = self.values[key]
        self.mistake(
            problems,
            key,
            say(f"there is no {kind} {value!r}", f"没有{kind} {value!r}"),
            ", ".join(names) if len(names) <= _SHOWN else "",
            alike(value, names),
        )


@dataclass(frozen=True, slots=True)
class References:
    """What a meter's row may name: targets and protocols, and models with the protocol of each."""

    targets: Sequence[str]
    protocols: Sequence[str]
    models: Mapping[str, str]


def fill_addresses(meters: Iterable[Line], problems: list[Problem]) -> None:
    """Bring addresses into their protocol's form, and name those that are none, and rows that repeat another."""
    assets: dict[str, int] = {}
    places: dict[tuple[str, str], int] = {}
    for line in meters:
        _fill_address(line, problems)
        values = line.values
        _first(line, problems, "asset_no", values.get("asset_no"), assets)
        alone = values.get("status", "in service") == "in service" and "point_no" not in values
        if alone and "address" in values and "target" in values:
            _first(line, problems, "address", (values["target"], values["address"]), places)


def _fill_address(line: Line, problems: list[Problem]) -> None:
    address = line.values.get("address")
    if address is None:
        return
    protocol = line.values.get("protocol", "")
    kind = PROTOCOLS.get(protocol, _USUAL)
    try:
        full = BEHIND.get(protocol, kind.address)(address)
    except ValueError:
        expected = _ADDRESSES[kind.driver]
        del line.values["address"]
        line.mistake(
            problems, "address", say(f"{address!r} is not right", f"{address!r} 不正确"), say(*expected)
        )
        return
    if address == _EVERYBODY:
        message = say(f"{address} is the broadcast address", f"{address} 是广播地址")
        line.mistake(problems, "address", message, say("the meter's own", "电表自己的地址"))
    else:
        line.values["address"] = full


def _first(line: Line, problems: list[Problem], key: str, value: Any, seen: dict[Any, int]) -> None:
    if value is None or (before := seen.setdefault(value, line.number)) == line.number:
        return
    shown = line.values[key]
    message = say(f"{shown!r} repeats line {before}", f"{shown!r} 与第 {before} 行重复")
    line.mistake(problems, key, message, say("a value not used before", "未用过的值"))


def check_meters(meters: Iterable[Line], references: References, problems: list[Problem]) -> None:
    """Targets, protocols and models that there are not, each with its row."""
    known = {
        "target": (say("target", "采集点"), references.targets),
        "protocol": (say("protocol", "规约"), references.protocols),
        "model": (say("meter model", "表型"), references.models),
    }
    for line in meters:
        for key, (kind, names) in known.items():
            if key in line.values and line.values[key] not in names:
                line.unknown(problems, key, kind, names)
        _check_model(line, references, problems)


def _check_model(line: Line, references: References, problems: list[Problem]) -> None:
    model, own = line.values.get("model", ""), line.values.get("protocol", "")
    family = PROTOCOLS[own].family if own in PROTOCOLS else own
    protocol = references.models.get(model, family)
    if protocol != family and own in references.protocols:
        message = say(f"{model} is a meter of {protocol}", f"{model} 是 {protocol} 的表")
        fitting = [name for name, spoken in references.models.items() if spoken == family]
        line.mistake(problems, "model", message, ", ".join(fitting[:_SHOWN]))


def check_periods(lines: Iterable[Line], problems: list[Problem]) -> None:
    """No period ends before it begins."""
    for line in lines:
        begin, end = line.values.get("valid_from"), line.values.get("valid_to")
        if begin and end and end < begin:
            message = say(f"{end} is before it begins", f"{end} 早于开始日期")
            line.mistake(problems, "valid_to", message, say(f"{begin} or later", f"不早于 {begin}"))


def _chinese(kind: str) -> str:
    """What a kind of node is called."""
    names: Mapping[str, list[str]] = aliases()["values"]["node_kind"]
    return next(iter(names.get(kind, ())), kind)


def check_relations(
    relations: Iterable[Line], meters: Sequence[Line], nodes: Sequence[Line], problems: list[Problem]
) -> None:
    """Relations name meters and nodes that there are; not judged where the other table could not be read."""
    assets = {line.values["asset_no"]: None for line in meters if "asset_no" in line.values}
    codes: dict[str, dict[str, None]] = {}
    for line in nodes:
        codes.setdefault(line.values.get("kind", ""), {})[line.values.get("code", "")] = None
    for line in relations:
        kind = line.values.get("node_kind")
        if assets and line.values.get("meter", "") not in {"", *assets.keys()}:
            line.unknown(problems, "meter", say("meter", "电表"), assets)
        if codes and kind and line.values.get("node", "") not in {"", *codes.get(kind, ())}:
            line.unknown(problems, "node", say(f"node of kind {kind}", _chinese(kind)), codes.get(kind, ()))
