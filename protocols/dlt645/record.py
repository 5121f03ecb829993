"""What DL/T 645-2007 writes as records: load records (Annex B), freeze blocks, the parts of event records."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from protocols.dlt645 import scalar
from protocols.dlt645.catalogue import Entry, lookup
from protocols.dlt645.items import Items
from protocols.dlt645.layout import Field, parse
from protocols.session import Item

__all__ = [
    "GROUPS", "TERMINATORS", "Member", "decode_freeze", "decode_load", "decode_members", "group_bytes", "part_names",
    "part_unit",
]  # fmt: skip

# What some meters of 1997 put behind a block, as it is or with 33H added once more.
TERMINATORS = (0xAA, 0xDD)
_VALID = b"\xa0\xa0"
_INVALID = b"\xe0\xe0"
_END_OF_GROUP = 0xAA
_END = 0xE5
_HEAD = 3
_STAMP = 5
_TAIL = 2

# The identifiers whose values stand in the groups of a load record, in order.
GROUPS: tuple[tuple[str, ...], ...] = (
    ("02010100", "02010200", "02010300", "02020100", "02020200", "02020300", "02800002"),
    ("02030000", "02030100", "02030200", "02030300", "02040000", "02040100", "02040200", "02040300"),
    ("02060000", "02060100", "02060200", "02060300"),
    ("00010000", "00020000", "00030000", "00040000"),
    ("00050000", "00060000", "00070000", "00080000"),
    ("02800004", "02800005"),
)

# A freeze block holds what the freeze mode word's bits name, in this order.
_FREEZE_BITS = ((0, "01"), (1, "02"), (2, "03"), (3, "04"), (4, "05"), (4, "06"), (4, "07"), (4, "08"),
                (5, "09"), (6, "0A"), (7, "10"))  # fmt: skip


def decode_load(entry: Entry, data: bytes) -> Items:
    """The values of every record, each with its stamp; no record gives no item.

    A record the meter itself calls wrong (E0 E0) gives its values as None with error "invalid", one whose sum
    is wrong with error "checksum".
    """
    items = Items()
    rest = data
    while rest[:2] in (_VALID, _INVALID) and len(rest) > _HEAD + _STAMP:
        end = _HEAD + rest[2]
        body, tail = rest[_HEAD:end], rest[end : end + _TAIL]
        if len(tail) < _TAIL or tail[1] != _END:
            break
        error = "invalid" if rest[:2] == _INVALID else None
        if sum(rest[:end]) & 0xFF != tail[0]:
            error = "checksum"
        items.extend(_record(body, error))
        rest = rest[end + _TAIL :]
    if rest and not items:
        items.append(Item(entry.id, None, rest.hex().upper(), "", None, "record"))
        return items
    items.trailing = len(rest)
    return items


def _record(body: bytes, error: str | None) -> Iterator[Item]:
    at = scalar.instant(body[:_STAMP])
    if at is None:
        error = error or "time"
    pos = _STAMP
    for group in GROUPS:
        if pos < len(body) and body[pos] == _END_OF_GROUP:
            pos += 1
            continue
        for di in group:
            live = lookup("2007", di)
            assert live is not None  # noqa: S101 (the table above names known identifiers)
            field = parse(live.format)[0].fields[0]
            piece = body[pos : pos + field.size]
            pos += field.size
            if len(piece) < field.size:
                return
            value, wrong = (None, error) if error else scalar.read(field, piece, signed=live.signed)
            yield Item(di, live.point or live.own, value, live.unit, at, wrong)
        pos += 1


def group_bytes(kinds: Iterable[int]) -> int:
    """The length of a record that holds the groups of these classes (1 to 6)."""
    contents = sum(int(e.length) for kind in kinds for di in GROUPS[kind - 1] if (e := lookup("2007", di)))
    return _HEAD + _STAMP + contents + len(GROUPS) + _TAIL


def decode_freeze(
    entry: Entry, data: bytes, change: Mapping[str, Any], decode: Callable[[Entry, bytes], Items]
) -> Items:
    """A block of one freeze: its stamp, and its contents if `change` gives `mode` (the meter's freeze mode
    word).

    `decode` decodes one content. Without the mode word nobody can tell which contents the meter left out, so
    they stay hex with error "mode".
    """
    at = scalar.instant(data[:_STAMP])
    stamp_id = f"{entry.id[:4]}00{entry.id[6:]}"
    items = Items()
    if len(data) >= _STAMP:
        stamp = scalar.read(Field("time", _STAMP, letters="YYMMDDhhmm"), data[:_STAMP], signed=False)
        items.append(Item(stamp_id, f"dlt645-2007:{stamp_id}", stamp[0], "time", at, stamp[1]))
    if "mode" not in change:
        items.append(Item(entry.id, None, data[_STAMP:].hex().upper(), "", at, "mode"))
        return items
    rounds = int(change.get("tariffs", 4)) + 1
    pos = _STAMP
    for bit, content in _FREEZE_BITS:
        frozen = lookup("2007", f"{entry.id[:4]}{content}{entry.id[6:]}")
        if frozen is None or not int(change["mode"]) >> bit & 1:
            continue
        group = parse(frozen.format)
        count = group[0].count or rounds
        size = sum(g.size for g in group[:1]) * count
        items.extend(item._replace(at=item.at or at) for item in decode(frozen, data[pos : pos + size]))
        pos += size
    items.trailing = max(0, len(data) - pos)
    return items


Member = tuple[int, Callable[[bytes], Items]]
"""How many bytes a member of a block has, and how they are read."""


def decode_members(di: str, members: Sequence[Member], data: bytes) -> Items:
    """A block whose members differ in size, only if it is as long as they are, perhaps with the AA of 1997.

    Of another length nobody can tell which members a meter left out: hex with error "length".
    """
    size = sum(size for size, _ in members)
    if len(data) != size and not (len(data) == size + 1 and data[-1] in TERMINATORS):
        return Items([Item(di, None, data.hex().upper(), "", None, "length")])
    items = Items()
    pos = 0
    for size, decode in members:
        items.extend(decode(data[pos : pos + size]))
        pos += size
    return items


_QUADRANTS = ("forward", "reverse", "QI", "QII", "QIII", "QIV")
_ABC = ("A", "B", "C")
_WHO = ("total", *_ABC)
_SUMS = ("forward", "reverse", "reactive1", "reactive2")
_STATE = tuple(
    f"{phase}.{what}"
    for phase in _ABC
    for what in (*_SUMS, "voltage", "current", "power", "reactive_power", "factor")
)
_HEADS = (
    ("YYMMDDhhmmss+XXX.XXX+YYMMDDhhmmss", ("start", "current", "end")),
    ("YYMMDDhhmmss+YYMMDDhhmmss", ("start", "end")),
    ("YYMMDDhhmmss+HEX(4)", ("time", "operator")),
    ("HEX(4)+YYMMDDhhmmss+YYMMDDhhmmss", ("operator", "before", "after")),
    (
        "XXXXXX+XXXX.XX",
        (
            *("minutes", "qualified", "beyond", "over_minutes", "under_minutes"),
            *("highest", "highest_at", "lowest", "lowest_at"),
        ),
    ),
)
_RESTS: Mapping[int, tuple[str, ...]] = {
    16: tuple(f"{who}.{what}" for who in _WHO for what in _SUMS),
    17: ("unbalance", *(f"{who}.{what}" for who in _WHO for what in _SUMS)),
    12: tuple(f"{when}.{what}" for when in ("before", "after") for what in _QUADRANTS),
    24: tuple(f"{who}.{what}" for who in _WHO for what in _QUADRANTS),
    48: tuple(f"{who}.{what}{tail}" for who in _WHO for what in _QUADRANTS for tail in ("", "_at")),
    4: ("before.forward", "before.reverse", "after.forward", "after.reverse"),
    31: (*(f"total.{what}" for what in _SUMS), *_STATE),
    35: (*(f"total.{what}" for what in _SUMS), *_STATE, *(f"{who}.ampere_hours" for who in _WHO)),
    2: ("demand", "demand_at"),
}
_COUNTS = {
    "(XXXXXX+XXXXXX){3}": tuple(f"{phase}.{what}" for phase in _ABC for what in ("count", "minutes")),
    "XXXXXX+XXXXXX": ("count", "minutes"),
    "XXXXXX{6}": _QUADRANTS,
}


def part_names(entry: Entry, fields: int) -> tuple[str, ...]:
    """What the fields of a composite entry are called; numbers where nothing better is known."""
    if entry.format in _COUNTS:
        return _COUNTS[entry.format]
    for layout, head in _HEADS:
        if entry.format.startswith(layout):
            rest = fields - len(head)
            known = (
                _RESTS.get(rest, ()) if entry.category == "event_record" and "NN" not in entry.format else ()
            )
            return head + (known or tuple(str(i + 1) for i in range(rest)))
    return tuple(str(i + 1) for i in range(fields))


_UNITS = {
    "forward": "kWh", "reverse": "kWh", "reactive1": "kvarh", "reactive2": "kvarh",
    "QI": "kvarh", "QII": "kvarh", "QIII": "kvarh", "QIV": "kvarh",
    "voltage": "V", "current": "A", "power": "kW", "reactive_power": "kvar", "factor": "",
    "ampere_hours": "Ah",
    "count": "times", "minutes": "min", "over_minutes": "min", "under_minutes": "min", "qualified": "%",
    "beyond": "%", "highest": "V", "lowest": "V", "unbalance": "%",
}  # fmt: skip


_DEMAND = "(XX.XXXX+YYMMDDhhmm)"


def part_unit(entry: Entry, part: str) -> str:
    """The unit of a composite entry's part: the entry's own where it has one, else by the part's name."""
    if entry.unit not in {"mixed", "times,min", "time", "table", "date"}:
        return entry.unit
    unit = _UNITS.get(part.rpartition(".")[2], "")
    return unit.removesuffix("h") if _DEMAND in entry.format else unit
