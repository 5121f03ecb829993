"""A meter model's register map as typed records, and values out of an image of registers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from protocols.errors import CatalogueError
from protocols.modbus.pdu import BITS, LONGEST
from protocols.modbus.value import EXACT, KINDS, ORDERS, BadValue, number, ordered, words_of
from protocols.points import find, is_obis, nearest
from protocols.session import Item

__all__ = ["FAMILY", "Image", "Register", "RegisterMap", "parse"]

FAMILY = "modbus"
_LAST = 0xFFFF
# Function and address, and the value of one register or bit there.
Image = Mapping[tuple[int, int], int]
_DEFAULTS = ("function", "type", "order")


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """One value of a device: `words` registers from `at` (from 0, as it goes over the wire) by `function`.

    The number is (raw + add) * scale * the values of `times` * 10 ^ the value of `exponent` + the values of `plus`.
    `none` are raw values, unsigned, by which the device says that it has none.
    `name` names the register within its model, `point` is its OBIS code or `modbus:name`.
    """

    function: int
    at: int
    kind: str
    words: int
    order: str = "ABCD"
    scale: Decimal = Decimal(1)
    add: Decimal = Decimal(0)
    times: tuple[str, ...] = ()
    exponent: str = ""
    plus: tuple[str, ...] = ()
    none: frozenset[int] = frozenset()
    name: str = ""
    point: str = ""
    unit: str = ""
    id: str = field(init=False)
    """The protocol's own identifier: function and address."""
    places: tuple[tuple[int, int], ...] = field(init=False)
    """Function and address of each of its registers."""
    factors: tuple[str, ...] = field(init=False)
    """Names of the other registers without which the value is not known."""

    def __post_init__(self) -> None:
        places = tuple((self.function, self.at + offset) for offset in range(self.words))
        factors = (*self.times, *self.plus, *((self.exponent,) if self.exponent else ()))
        for name, value in (("id", f"{self.function}/{self.at}"), ("places", places), ("factors", factors)):
            object.__setattr__(self, name, value)


@dataclass(frozen=True, kw_only=True, eq=False)
class RegisterMap:
    """All registers of a model. `limit` registers at most go into a request.

    `grain` divides the length of each request that reads more than is wanted.
    A request may pass over up to `gap` registers that nobody wants, but over none of `forbidden` (function,
    first, last). `blocks` are of a model whose registers are discovered: their addresses count from a block's begin.
    """

    registers: tuple[Register, ...]
    limit: int = 125
    gap: int = 0
    grain: int = 1
    forbidden: tuple[tuple[int, int, int], ...] = ()
    discovery: str = ""
    blocks: Mapping[int, "RegisterMap"] = field(default_factory=dict)
    heads: Mapping[tuple[int, int], int] = field(default_factory=dict)
    """Where a discovered block's number stands, by function and address: another one there, and it has moved."""

    @cached_property
    def _index(self) -> Mapping[str, Register]:
        index: dict[str, Register] = {}
        for register in self.registers:
            for key in (register.id, register.name, register.point):
                if key:
                    index.setdefault(key, register)
        return index

    def named(self, name: str) -> Register:
        """The register of a name, point or identifier; raises KeyError."""
        return self._index[name]

    def find(self, point: str) -> Register:
        """The register of a point: OBIS code, `modbus:name`, name, `3/40`, or `3/40/float32` of any device.

        Raises CatalogueError naming the nearest known point.
        """
        return self._index.get(point) or self._find(point)

    def _find(self, point: str) -> Register:
        head, colon, rest = point.rpartition(":")
        name = rest if colon and not is_obis(point) else point
        if colon and not is_obis(point) and head.partition("-")[0] != FAMILY:
            raise CatalogueError(f"{point}: {head!r} is not this meter's protocol, {FAMILY}")
        if (register := self._index.get(name) or self._index.get(f"{FAMILY}:{name}")) is not None:
            return register
        if name.count("/"):
            return _raw(name)
        near = nearest(point, [key for key in self._index if "/" not in key])
        raise CatalogueError(
            f"{point} is not in this model's registers" + (f"; nearest is {near}" if near else "")
        )

    def needed(self, registers: Iterable[Register]) -> tuple[Register, ...]:
        """These registers and those that scale them, each once."""
        found: dict[tuple[str, str], Register] = {}  # the same registers may hold several values
        todo = list(registers)
        while todo:
            register = todo.pop()
            if (register.id, register.point) not in found:
                found[register.id, register.point] = register
                todo += [self._index[name] for name in register.factors]
        return tuple(sorted(found.values(), key=lambda register: (register.function, register.at)))

    def marks(self) -> tuple[Register, ...]:
        """The numbers in front of discovered blocks, as registers to be read with the rest."""
        return tuple(
            Register(function=function, at=at, kind="u16", words=1, name=f"block_{at}")
            for function, at in self.heads
        )

    def item(self, register: Register, image: Image) -> Item | None:
        """The value of a register out of an image; None where a register of it is not in the image."""
        point = register.point or f"{FAMILY}:{register.name or register.id}"
        try:
            value = self._value(register, image)
        except KeyError:
            return None
        except BadValue as error:
            return Item(register.id, point, None, register.unit, error=error.kind)
        return Item(register.id, point, value, register.unit)

    def _value(self, register: Register, image: Image) -> Decimal | str | None:
        data = ordered([image[place] for place in register.places], register.order)
        if register.none and int.from_bytes(data, "big") in register.none:
            return None
        value = number(register.kind, data)
        if not isinstance(value, Decimal):
            return value
        if register.add:
            value = EXACT.add(value, register.add)
        if register.scale != 1:
            value = EXACT.multiply(value, register.scale)
        return self._joined(register, value, image) if register.factors else value or abs(value)

    def _joined(self, register: Register, value: Decimal, image: Image) -> Decimal | None:
        """A value with what other registers say of it; None if one of them has no value."""
        factors = {name: self._factor(name, image) for name in register.factors}
        known = {name: factor for name, factor in factors.items() if factor is not None}
        if len(known) < len(factors):
            return None
        for name in register.times:
            value = EXACT.multiply(value, known[name])
        if register.exponent:
            value = _shifted(value, known[register.exponent])
        for name in register.plus:
            value = EXACT.add(value, known[name])
        return value or abs(value)

    def _factor(self, name: str, image: Image) -> Decimal | None:
        value = self._value(self._index[name], image)
        if isinstance(value, str):
            raise BadValue("factor")
        return value

    def located(self, starts: Mapping[int, int], function: int = 3) -> "RegisterMap":
        """A discovered model's map: its blocks that there are, with their addresses; the first of two twins."""
        registers: list[Register] = []
        seen: set[str] = set()
        for block_id, block in self.blocks.items():
            if block_id not in starts:
                continue
            fresh = [one for one in block.registers if one.point not in seen and one.name not in seen]
            seen |= {key for one in fresh for key in (one.point, one.name) if key}
            registers += [replace(one, at=one.at + starts[block_id], function=function) for one in fresh]
        heads = {(function, start): block_id for block_id, start in starts.items() if block_id in self.blocks}
        return RegisterMap(
            registers=tuple(registers), limit=self.limit, gap=self.gap, grain=self.grain, heads=heads
        )


def _shifted(value: Decimal, exponent: Decimal) -> Decimal:
    """The value times ten to this power, written without an exponent."""
    if exponent != exponent.to_integral_value() or abs(exponent) > 20:
        raise BadValue("factor")
    shifted = EXACT.scaleb(value, exponent)
    return (
        EXACT.quantize(shifted, Decimal(1)) if exponent > 0 and shifted == shifted.to_integral() else shifted
    )


def _raw(text: str) -> Register:
    """A register of no model: function, address, and perhaps kind and order, separated by slashes."""
    function, _, rest = text.partition("/")
    address, _, more = rest.partition("/")
    kind, _, order = more.partition("/")
    try:
        at = int(address, 0)
        code = int(function)
    except ValueError:
        raise CatalogueError(f"{text}: expected function and address, like 3/40 or 4/0x34/float32") from None
    kind = (kind or ("bit" if code in BITS else "u16")).lower()
    order = order.upper() or "ABCD"
    fits = code in LONGEST and 0 <= at <= _LAST and (kind == "bit") == (code in BITS)
    if not fits or kind not in KINDS or kind == "text" or order not in ORDERS:
        raise CatalogueError(
            f"{text}: expected function 1 to 4, an address to 65535, a kind of {', '.join(KINDS)}, and an order of "
            f"{', '.join(ORDERS)}"
        )
    words = words_of(kind)
    if at + words - 1 > _LAST:
        raise CatalogueError(f"{text}: ends beyond address 65535")
    return Register(
        function=code, at=at, kind=kind, words=words, order=order, name=text, point=f"{FAMILY}:{text}"
    )


def parse(model: Mapping[str, Any]) -> RegisterMap:
    """The map of a model's table; raises ValueError, KeyError or CatalogueError for what does not fit."""
    common = {
        "limit": model.get("limit", 125),
        "gap": model.get("gap", 0),
        "grain": model.get("grain", 1),
        "forbidden": tuple(_span(row) for row in model.get("forbidden", ())),
    }
    blocks = {
        int(block["id"]): RegisterMap(registers=_registers(block["registers"], model), **common)
        for block in model.get("block", ())
    }
    found = RegisterMap(
        registers=_registers(model.get("registers", ()), model),
        discovery=model.get("discovery", ""),
        blocks=blocks,
        **common,
    )
    for one in (found, *blocks.values()):
        _check(one)
    return found


def _span(row: Sequence[int]) -> tuple[int, int, int]:
    function, first, last = row
    return function, first, last


def _registers(rows: Iterable[Mapping[str, Any]], model: Mapping[str, Any]) -> tuple[Register, ...]:
    usual = {key: model[key] for key in _DEFAULTS if key in model}
    return tuple(_register(usual | dict(row), model.get("none", {})) for row in rows)


def _register(row: Mapping[str, Any], nones: Mapping[str, Sequence[int]]) -> Register:
    point, name = row.get("point", ""), row.get("name", "")
    known = find(point) if point else None
    if point and known is None:
        near = nearest(point)
        raise CatalogueError(f"{point} is no known point" + (f"; nearest is {near}" if near else ""))
    kind = row.get("type", "u16")
    return Register(
        function=row.get("function", 3),
        at=row["at"],
        kind=kind,
        words=words_of(kind, row.get("length", 0)),
        order=row.get("order", "ABCD"),
        scale=Decimal(str(row.get("scale", 1))),
        add=Decimal(str(row.get("add", 0))),
        times=tuple(row.get("times", ())),
        exponent=row.get("exponent", ""),
        plus=tuple(row.get("plus", ())),
        none=frozenset(row.get("none", nones.get(kind, ()))),
        name=name,
        point=point or f"{FAMILY}:{name}",
        unit=row.get("unit", known.unit if known else ""),
    )


def _check(found: RegisterMap) -> None:
    """What must hold between the registers of one map."""
    seen: set[str] = set()
    for register in found.registers:
        keys = {key for key in (register.point, register.name) if key}
        if not register.name and register.point == f"{FAMILY}:":
            raise ValueError(f"register {register.id}: needs a point or a name")
        if twice := keys & seen:
            raise ValueError(f"register {register.id}: {min(twice)} is there twice")
        seen |= keys
        if not 0 < register.words <= min(found.limit, LONGEST.get(register.function, 0)):
            raise ValueError(
                f"register {register.id}: {register.words} registers do not fit into one request"
            )
        if (register.kind == "bit") != (register.function in BITS):
            raise ValueError(f"register {register.id}: functions 1 and 2 read bits, 3 and 4 registers")
        if register.at + register.words - 1 > _LAST:
            raise ValueError(f"register {register.id}: ends beyond address {_LAST}")
        for name in register.factors:
            other = found.named(name)
            if other.plus if name in register.plus else other.factors:
                raise ValueError(f"register {register.id}: {name} is scaled by a register itself")
