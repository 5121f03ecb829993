"""A terminal's own archive (AFN 0A F10) held against ours: a measuring point is no identity, an address is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from config.archive import Meter
from protocols.gdw1376_1.parameters import MeterEntry

__all__ = ["BAUDS", "PROTOCOL_CODES", "Changes", "Comparison", "changes", "compare", "entry_of"]

PROTOCOL_CODES: Mapping[str, int] = {"dlt645-1997": 1, "dlt645-2007": 30, "gdw1376.1": 2}
BAUDS = (0, 600, 1200, 2400, 4800, 7200, 9600, 19200)
_CARRIER_PORT = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`verified` are the points whose address agrees, `differences` (point, field, theirs, ours) all that do not.

    A field is `address`, `protocol`, `missing` (ours is not there) or `unknown` (theirs is not ours).
    """

    verified: Mapping[int, str]
    differences: tuple[tuple[int, str, str, str], ...]

    def lines(self) -> tuple[str, ...]:
        """The differences for a person."""
        return tuple(
            f"pn {pn} {field}: {theirs or '-'} / {ours or '-'}"
            for pn, field, theirs, ours in self.differences
        )


def compare(meters: Iterable[Meter], entries: Sequence[MeterEntry], asked: Iterable[int]) -> Comparison:
    """Hold the entries that a terminal gave against our meters at the points that were asked for."""
    ours = {meter.point_no: meter for meter in meters if meter.point_no is not None}
    theirs = {entry.point: entry for entry in entries if entry.point}
    verified: dict[int, str] = {}
    found: list[tuple[int, str, str, str]] = []
    for pn in sorted(set(asked) | theirs.keys()):
        meter, entry = ours.get(pn), theirs.get(pn)
        if meter is None and entry is not None:
            found.append((pn, "unknown", entry.address, ""))
        elif entry is None and meter is not None:
            found.append((pn, "missing", "", meter.address))
        elif meter is not None and entry is not None:
            if entry.address != meter.address:
                found.append((pn, "address", entry.address, meter.address))
                continue
            verified[pn] = meter.address
            code = PROTOCOL_CODES.get(meter.protocol)
            if code is not None and entry.protocol != code:
                found.append((pn, "protocol", str(entry.protocol), str(code)))
    return Comparison(verified=verified, differences=tuple(found))


def entry_of(meter: Meter) -> MeterEntry:
    """What the terminal's archive should say of one of our meters; raises ValueError without a measuring point."""
    if meter.point_no is None:
        raise ValueError(f"meter {meter.asset_no} has no point_no")
    major, minor = _user_class(meter.user_class)
    return MeterEntry(
        serial=meter.device_no or meter.point_no,
        point=meter.point_no,
        baud=BAUDS.index(meter.baud) if meter.baud in BAUDS else 0,
        port=meter.port or _CARRIER_PORT,
        protocol=PROTOCOL_CODES.get(meter.protocol, 0),
        address=meter.address,
        password="000000000000",  # noqa: S106 - none: reading needs none
        tariffs=meter.tariffs,
        integer_digits=meter.digits,
        decimals=meter.decimals,
        collector=meter.collector_address.zfill(12),
        major=major,
        minor=minor,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What makes a terminal's archive ours: entries to write, and those of meters that are not ours there.

    `lines` say for a person what differs.
    """

    write: tuple[MeterEntry, ...]
    foreign: tuple[MeterEntry, ...]
    lines: tuple[str, ...]


def changes(meters: Iterable[Meter], entries: Sequence[MeterEntry]) -> Changes:
    """Only differences. What our archive does not say of a meter stays as the terminal has it.

    Raises ValueError for a meter of ours that has no measuring point.
    """
    theirs = {entry.point: entry for entry in entries if entry.point}
    write: list[MeterEntry] = []
    lines: list[str] = []
    ours: set[int] = set()
    for meter in meters:
        wanted = entry_of(meter)
        ours.add(wanted.point)
        there = theirs.get(wanted.point)
        if there is not None:
            wanted = _kept(meter, wanted, there)
        if wanted != there:
            write.append(wanted)
            lines.append(_line(wanted, there))
    foreign = tuple(entry for pn, entry in sorted(theirs.items()) if pn not in ours)
    lines += [f"pn {entry.point}: {entry.address} -> -" for entry in foreign]
    return Changes(write=tuple(write), foreign=foreign, lines=tuple(lines))


def _kept(meter: Meter, wanted: MeterEntry, there: MeterEntry) -> MeterEntry:
    """With what only the terminal knows; a new meter has its own collector and password."""
    told = {
        "port": meter.port is not None,
        "baud": bool(meter.baud),
        "serial": meter.device_no is not None,
    }
    same = wanted.address == there.address
    told |= {
        "collector": bool(meter.collector_address) or not same,
        "major": bool(meter.user_class),
        "minor": bool(meter.user_class),
        "password": not same,
    }
    kept = {name: getattr(there, name) for name, is_ours in told.items() if not is_ours}
    return replace(wanted, **kept)


def _line(wanted: MeterEntry, there: MeterEntry | None) -> str:
    if there is None:
        return f"pn {wanted.point}: - -> {wanted.address}"
    parts = [
        f"{field.name} {getattr(there, field.name)} -> {getattr(wanted, field.name)}"
        for field in fields(MeterEntry)
        if getattr(there, field.name) != getattr(wanted, field.name)
    ]
    return f"pn {wanted.point}: {', '.join(parts)}"


def _user_class(text: str) -> tuple[int, int]:
    """Major and minor class of "5.1"; letters A to F are 0 to 5."""
    major, _, minor = (text or "4.1").partition(".")
    number = "ABCDEF".find(major.upper()) if major.isalpha() else int(major or 0)
    return max(0, min(15, number)), max(0, min(15, int(minor or 0)))
