"""The data of an identifier to items, and back.

Decoders are built once per identifier and kept. Numbers go a hand-written way, since they are nearly all
there is: a reply of one register is one slice, one conversion and one item.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import repeat
from typing import Any

from protocols.dlt645 import record, scalar
from protocols.dlt645.catalogue import Entry, lookup, own_name
from protocols.dlt645.items import Items
from protocols.dlt645.layout import Field, Group, length_of, parse, scale_of
from protocols.session import Item

__all__ = ["Items", "decode", "decode_any", "encode", "raw"]

_Decoder = Callable[[bytes], Items]
_STAMP = 5


def decode(entry: Entry, data: bytes, overrides: Mapping[str, Mapping[str, Any]] | None = None) -> Items:
    """The items of an identifier's data (the bytes after the identifier, 33H taken off).

    A number without a value is None, one that is not BCD is None with error "bcd", data too short for a value
    is an item with error "length". Bytes after the last known value are counted in `Items.trailing`.
    `overrides` is a meter model's own `{identifier: {format, length, scale}}`.
    """
    if overrides and _is_mixed(entry):
        return record.decode_members(entry.id, _members(entry, overrides), data)
    if overrides and (change := _change(entry, overrides)):
        return _own_decoder(entry.standard, entry.id, tuple(sorted(change.items())))(data)
    return _decoder(entry.standard, entry.id)(data)


def decode_any(
    standard: str, di: str, data: bytes, overrides: Mapping[str, Mapping[str, Any]] | None = None
) -> Items:
    """As `decode`, also for identifiers that the catalogue lacks: by a model's format for them, or in hex."""
    entry = lookup(standard, di)
    if entry is not None:
        return decode(entry, data, overrides)
    if overrides and "format" in overrides.get(di, {}):
        return _own_decoder(standard, di, tuple(sorted(overrides[di].items())))(data)
    return raw(standard, di, data)


def raw(standard: str, di: str, data: bytes) -> Items:
    """The data of an identifier that nobody knows: its bytes as they came, in hex."""
    return Items([Item(di, own_name(standard, di), data.hex().upper(), "")])


@functools.lru_cache(maxsize=1024)
def _decoder(standard: str, di: str) -> _Decoder:
    entry = lookup(standard, di)
    assert entry is not None  # noqa: S101 (an Entry came from lookup)
    return _build(entry, {})


@functools.lru_cache(maxsize=256)
def _own_decoder(standard: str, di: str, change: tuple[tuple[str, Any], ...]) -> _Decoder:
    """The decoder of an identifier as one meter model has it."""
    own = dict(change)
    entry = lookup(standard, di) or _vendor_entry(standard, di, own["format"])
    return _build(_changed(entry, own), own)


def _vendor_entry(standard: str, di: str, layout: str) -> Entry:
    return Entry(
        standard=standard,
        id=di,
        name=di,
        name_zh=di,
        format=layout,
        length=length_of(layout),
        scale=scale_of(layout),
        unit="",
        signed=False,
        category="vendor",
        rw="R",
        origin="vendor",
        notes="",
        point=None,
        own=own_name(standard, di),
        members=(),
        live=(),
    )


def _is_mixed(entry: Entry) -> bool:
    """Whether the members of this block have layouts of their own, so that none can be told without the others."""
    return (
        bool(entry.members)
        and (entry.format == "composite" or "+" in entry.format)
        and "{" not in entry.format
    )


def _members(entry: Entry, overrides: Mapping[str, Mapping[str, Any]]) -> list[record.Member]:
    """Size and decoder of each member of a mixed block, as a meter model has them."""
    found: list[record.Member] = []
    for di in entry.members:
        known = lookup(entry.standard, di)
        assert known is not None  # noqa: S101 (the catalogue's blocks name its own identifiers)
        own = _changed(known, overrides[di]) if di in overrides else known
        found.append((int(own.length), functools.partial(decode, known, overrides=overrides)))
    return found


def _change(entry: Entry, overrides: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """What a meter model says of this identifier, or of the members of this block."""
    own = overrides.get(entry.id)
    if own is not None:
        return own
    member = overrides.get(entry.members[0]) if entry.members else None
    if member is None or "format" not in member:
        return {}
    return {**member, "format": member["format"] + entry.format[entry.format.rindex("{") :]}


def _changed(entry: Entry, change: Mapping[str, Any]) -> Entry:
    """The entry with a model's own `format`, or with its own `scale` or `length` alone."""
    layout = change.get("format", entry.format)
    groups = parse(layout)
    scale = Decimal(str(change["scale"])) if "scale" in change else scale_of(layout)
    if (
        len(groups) == 1
        and groups[0].fields[0].kind == "number"
        and ("scale" in change or "length" in change)
    ):
        field = groups[0].fields[0]
        decimals = max(0, -int(scale.as_tuple().exponent)) if scale is not None else field.decimals
        digits = 2 * int(change.get("length", field.size))
        number = "X" * (digits - decimals) + ("." + "X" * decimals if decimals else "")
        layout = number + (layout[layout.index("{") :] if "{" in layout else "")
    return replace(entry, format=layout, scale=scale, length=length_of(layout))


def _build(entry: Entry, change: Mapping[str, Any]) -> _Decoder:
    """The decoder for an entry's layout."""
    groups = parse(entry.format)
    if entry.format.startswith("LOADREC"):
        return functools.partial(record.decode_load, entry)
    if entry.format.startswith("items"):
        return lambda data: record.decode_freeze(entry, data, change, decode)
    if _is_mixed(entry):
        return functools.partial(record.decode_members, entry.id, _members(entry, {}))
    if not groups:
        return functools.partial(raw, entry.standard, entry.id)
    decoder = _shaped(entry, groups)
    return _stamped(entry, groups, decoder) if entry.origin.startswith("CSG") else decoder


def _shaped(entry: Entry, groups: Sequence[Group]) -> _Decoder:
    if all(group.count == 1 for group in groups):
        groups = (Group(tuple(field for group in groups for field in group.fields), 1),)
    kinds = tuple(field.kind for field in groups[0].fields)
    targets = _targets(entry)
    if entry.format.endswith("{m}") and kinds == ("number",):
        return _several(entry, groups[0], targets)
    if len(groups) == 1 and (groups[0].count == 1 or len(targets) > 1):
        if kinds == ("number",):
            return _numbers(entry, groups[0], targets)
        if kinds == ("number", "time"):
            return _demands(entry, groups[0], targets)
        if len(kinds) == 1:
            return _scalars(entry, groups[0], targets)
    if entry.live:
        return _hourly(groups, targets)
    return _composite(entry, groups)


Target = tuple[str, str, str, bool]
"""Identifier, point, unit and sign of one value of a block."""


def _targets(entry: Entry) -> list[Target]:
    if entry.members:
        return [_target(member, entry, member) for member in entry.members]
    if entry.live:
        return [_target(entry.id, entry, live) for live in entry.live]
    return [(entry.id, _point(entry), entry.unit, entry.signed)]


def _target(di: str, block: Entry, carrier: str) -> Target:
    """`carrier` is the identifier whose point, unit and sign hold; unknown ones keep the block's."""
    known = lookup(block.standard, carrier)
    if known is None:
        return di, own_name(block.standard, carrier), block.unit, block.signed
    while known.live and len(known.live) == 1 and (live := lookup(block.standard, known.live[0])):
        known = live
    return di, known.point or known.own, known.unit, known.signed


def _point(entry: Entry) -> str:
    return entry.point or entry.own


def _count(entry: Entry, size: int, data: bytes) -> tuple[int, int]:
    """How many values a block holds and how many bytes are left; a 1997 terminator is not a rest."""
    count, rest = divmod(len(data), size)
    if rest == 1 and entry.standard == "1997" and data[-1] in record.TERMINATORS:
        rest = 0
    return count, rest


def _numbers(entry: Entry, group: Group, targets: Sequence[Target]) -> _Decoder:
    """BCD numbers of one size. The plain case takes one pass over the digits of the whole data."""
    field = group.fields[0]
    size, width, exponent = field.size, 2 * field.size, f"E-{field.decimals}"
    signed = any(target[3] for target in targets)
    ids, points, units, _ = zip(*targets, strict=True)
    di, point, unit = ids[0], points[0], units[0]
    new, number = tuple.__new__, Decimal
    itself, none, blank = repeat(Item), repeat(None), repeat("")

    def slow(data: bytes) -> Items:
        count, rest = _count(entry, size, data)
        items = Items()
        for i, target in enumerate(targets[:count]):
            value, error = scalar.read(field, data[i * size : (i + 1) * size], signed=target[3])
            items.append(Item(target[0], target[1], value, target[2], None, error))
        if not items and group.count == 1:
            items.append(Item(di, point, None, unit, None, "length"))
        items.trailing = rest + max(0, count - len(targets)) * size
        return items

    def one(data: bytes) -> Items:
        digits = data[::-1].hex()
        if len(digits) != width or not digits.isdecimal() or (signed and digits[0] >= "8"):
            return slow(data)
        return Items((new(Item, (di, point, number(digits + exponent), unit, None, None, "")),))

    def block(data: bytes) -> Items:
        count, rest = divmod(len(data), size)
        digits = data[::-1].hex()
        if rest or count > len(ids) or not digits.isdecimal() or (signed and max(digits[::width]) >= "8"):
            return slow(data)
        # hex() puts a separator between the values, which is where the exponents belong.
        numbers = (data[::-1].hex(" ", size).replace(" ", exponent + " ") + exponent).split(" ")
        numbers.reverse()
        rows = zip(ids, points, map(number, numbers), units, none, none, blank, strict=False)
        return Items(map(new, itself, rows))

    return one if len(ids) == 1 else block


def _several(entry: Entry, group: Group, targets: Sequence[Target]) -> _Decoder:
    """Blocks of 1997 meters in a row, all of as many tariffs, each perhaps with its AA."""
    most = 15
    decoders = [_numbers(entry, group, targets[i : i + most]) for i in range(0, len(targets), most)]

    def many(data: bytes) -> Items:
        if len(data) % len(decoders) == 1 and data[-1] in record.TERMINATORS:
            data = data[:-1]
        each, rest = divmod(len(data), len(decoders))
        if rest:
            return Items([Item(entry.id, None, data.hex().upper(), "", None, "length")])
        items = Items()
        for i, decoder in enumerate(decoders):
            part = decoder(data[i * each : (i + 1) * each])
            items.extend(part)
            items.trailing += part.trailing
        return items

    return many


def _demands(entry: Entry, group: Group, targets: Sequence[Target]) -> _Decoder:
    """Maximum demands, each with the time it occurred."""
    number, size = group.fields[0], group.size

    def demands(data: bytes) -> Items:
        count, rest = _count(entry, size, data)
        items = Items(trailing=rest + max(0, count - len(targets)) * size)
        for i, (di, point, unit, sign) in enumerate(targets[:count]):
            cell = data[i * size : (i + 1) * size]
            value, error = scalar.read(number, cell[: number.size], signed=sign)
            at = None if value is None else scalar.instant(cell[number.size :])
            items.append(Item(di, point, value, unit, at, error))
        if not items and group.count == 1:
            items.append(Item(entry.id, targets[0][1], None, entry.unit, None, "length"))
        return items

    return demands


def _scalars(entry: Entry, group: Group, targets: Sequence[Target]) -> _Decoder:
    """Times, texts and words, one or a block of them."""
    field = group.fields[0]

    def scalars(data: bytes) -> Items:
        size = field.size or len(data)
        count, rest = _count(entry, size, data) if size else (0, 0)
        items = Items(trailing=rest + max(0, count - len(targets)) * size)
        for i, (di, point, unit, sign) in enumerate(targets[:count]):
            value, error = scalar.read(field, data[i * size : (i + 1) * size], signed=sign)
            items.append(Item(di, point, value, unit, None, error))
        if not items and group.count == 1:
            items.append(Item(entry.id, targets[0][1], None, entry.unit, None, "length"))
        return items

    return scalars


def _hourly(groups: Sequence[Group], targets: Sequence[Target]) -> _Decoder:
    """A stamp, then one value of each target."""
    field = groups[1].fields[0]

    def hourly(data: bytes) -> Items:
        at = scalar.instant(data[:_STAMP])
        items = Items(trailing=max(0, len(data) - _STAMP - field.size * len(targets)))
        for i, (di, point, unit, sign) in enumerate(targets):
            piece = data[_STAMP + i * field.size : _STAMP + (i + 1) * field.size]
            if len(piece) == field.size:
                value, error = scalar.read(field, piece, signed=sign)
                items.append(Item(di, point, value, unit, at, error))
        return items

    return hourly


def _stamped(entry: Entry, groups: Sequence[Group], decoder: _Decoder) -> _Decoder:
    """A curve: each record may begin with its time (mm hh DD MM YY), as real meters send it."""
    size = sum(group.size * (group.count or 1) for group in groups)

    def stamped(data: bytes) -> Items:
        step = _STAMP + size
        if not data or len(data) % step:
            return decoder(data)
        items = Items()
        for pos in range(0, len(data), step):
            at = scalar.instant(data[pos : pos + _STAMP])
            items.extend(item._replace(at=at) for item in decoder(data[pos + _STAMP : pos + step]))
        return items

    return stamped


def _composite(entry: Entry, groups: Sequence[Group]) -> _Decoder:
    """Fields of several kinds in a row; data that ends early gives the parts that are there."""
    fields = [field for group in groups for _ in range(group.count or 1) for field in group.fields]
    names = record.part_names(entry, len(fields))
    parts = [(field, name, record.part_unit(entry, name), _may_be_negative(entry, field))
             for field, name in zip(fields, names, strict=True)]  # fmt: skip

    def composite(data: bytes) -> Items:
        items = Items()
        pos, at = 0, None
        for field, name, unit, sign in parts:
            piece = data[pos : pos + field.size] if field.size else data[pos:]
            if not piece or len(piece) < field.size:
                break
            pos += len(piece)
            if name in {"start", "time"}:
                at = scalar.instant(piece)
            value, error = scalar.read(field, piece, signed=sign)
            items.append(Item(entry.id, None, value, unit, at, error, name))
        if not items:
            items.append(Item(entry.id, None, None, entry.unit, None, "length"))
        items.trailing = len(data) - pos
        return items

    return composite


def _may_be_negative(entry: Entry, field: Field) -> bool:
    """Powers, currents and factors within records carry a sign as they do alone."""
    return entry.signed or (entry.category == "event_record" and field.decimals > 2)


def encode(entry: Entry, values: Sequence[Any]) -> bytes:
    """The data of an identifier, for simulators: one value per field, in order; None is "no value".

    A demand takes two, the number and a datetime. Fewer values than a block holds are allowed. Raises
    ValueError.
    """
    data = bytearray()
    left = list(reversed(values))
    signs = [target[3] for target in _targets(entry)]
    for group in parse(entry.format):
        rounds = group.count
        done = 0
        while left and (rounds is None or done < rounds):
            sign = signs[done] if done < len(signs) and len(signs) > 1 else entry.signed
            for field in group.fields:
                data += scalar.write(field, left.pop(), signed=sign or _may_be_negative(entry, field))
            done += 1
    if left or not data:
        raise ValueError(f"{entry.id} does not take {len(values)} values")
    return bytes(data)
