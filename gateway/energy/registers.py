"""From registers to the energy of a period, over multiplier changes and meter exchanges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from gateway.energy.period import Period
from gateway.energy.place import Interval, pieces
from gateway.energy.record import Computed, MeterEnergy, worst
from gateway.energy.series import Point, Register, Series
from protocols.reading import Flag, Method, State

__all__ = ["energy_of"]

Registers = Mapping[str, Sequence[Register]]
"""Effective registers of one point by asset number, in any order."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One piece of a period: its registers as shown and as counted at both ends, or why there is no energy."""

    piece: Interval
    reason: str = ""
    begin: Decimal | None = None
    finish: Decimal | None = None
    ends: tuple[Point, ...] = ()

    @property
    def lost(self) -> Computed:
        """What a period with this part is, where it has no energy."""
        return Computed.NOT_COMPUTABLE if self.reason in _NOT_COMPUTABLE else Computed.MISSING


_NOT_COMPUTABLE = frozenset({"exchange_missing", "decrease"})


def energy_of(place: Sequence[Interval], point: str, period: Period, registers: Registers) -> MeterEnergy:
    """The energy of a metering point in a period, named after the meter that hangs there at its end.

    `registers` reach over both ends of the period: at least the reading before its start and the one after its
    end, and two more where a decrease may have to be confirmed. More of them never make a plain case worse.
    """
    found = tuple(pieces(place, period))
    if not found:
        asset = place[-1].asset if place else ""
        return _none(asset, point, period, _Part(Interval(asset=asset), "not_installed"))
    if _broken(found, point):
        return _none(found[-1].asset, point, period, _Part(found[-1], "exchange_missing"))
    parts = [_part(piece, point, registers.get(piece.asset, ())) for piece in found]
    bad = [part for part in parts if part.reason]
    if bad:
        # What cannot be computed is said before what is merely not there yet.
        first = min(bad, key=lambda part: part.lost is not Computed.NOT_COMPUTABLE)
        return _none(found[-1].asset, point, period, first)
    return _joined(parts, point, period)


def _broken(found: Sequence[Interval], point: str) -> bool:
    return any(
        old.asset != new.asset and (point not in old.final or point not in new.initial)
        for old, new in pairwise(found)
    )


def _part(piece: Interval, point: str, registers: Sequence[Register]) -> _Part:
    series = Series.of(piece, _bounded(piece, point, registers))
    begin, end = piece.ends
    first, last = series.at(begin), series.at(end)
    shown = [None if one is None else series.shown(one) for one in (first, last)]
    if first is None or last is None:
        return _Part(piece, _missing(series, at_begin=first is None), shown[0], shown[1])
    reason = "" if first.stretch == last.stretch else "decrease"
    return _Part(piece, reason, shown[0], shown[1], (first, last))


def _missing(series: Series, *, at_begin: bool) -> str:
    piece = series.interval
    lost, wanted, reason = piece.lost_end, piece.end, "no_finish"
    if at_begin:
        lost, wanted, reason = piece.lost_begin, piece.begin, "no_begin"
    if lost:
        return "exchange_missing"
    return "decrease" if wanted is not None and series.refused(wanted) else reason


def _bounded(piece: Interval, point: str, registers: Sequence[Register]) -> list[Register]:
    """Registers of the piece; an exchange record closes it, what lies beyond belongs to another life."""
    found = []
    first, last = piece.initial.get(point), piece.final.get(point)
    if first is not None and piece.begin is not None:
        found.append(Register(piece.begin, first, State.ACCEPTED, Method.MAN))
        registers = [one for one in registers if one.at > piece.begin]
    if last is not None and piece.end is not None:
        found.append(Register(piece.end, last, State.ACCEPTED, Method.MAN))
        registers = [one for one in registers if one.at < piece.end]
    return [*found, *registers]


def _none(asset: str, point: str, period: Period, part: _Part) -> MeterEnergy:
    return MeterEnergy(
        meter=asset,
        point=point,
        span=period.span,
        start=period.start,
        end=period.end,
        energy=None,
        computed=part.lost,
        reason=part.reason,
        flags=Flag.DECREASE if part.reason == "decrease" else 0,
        worst=State.MISSING,
        multiplier=part.piece.multiplier,
        begin=part.begin,
        finish=part.finish,
    )


def _joined(parts: Sequence[_Part], point: str, period: Period) -> MeterEnergy:
    ends = [one for part in parts for one in part.ends]
    last = parts[-1]
    estimated = [one for one in ends if one.state is State.ESTIMATED]
    return MeterEnergy(
        meter=last.piece.asset,
        point=point,
        span=period.span,
        start=period.start,
        end=period.end,
        energy=sum((_energy(part) for part in parts), Decimal(0)),
        computed=Computed.ESTIMATED if estimated else Computed.READ,
        method=(estimated or ends)[-1].method,
        reason="jitter" if any(part.ends[1].jitters > part.ends[0].jitters for part in parts) else "",
        flags=_flags(parts),
        worst=worst(one.state for one in ends),
        skew_seconds=max(one.skew for one in ends),
        multiplier=last.piece.multiplier,
        begin=parts[0].begin,
        finish=last.finish,
    )


def _energy(part: _Part) -> Decimal:
    first, last = part.ends
    return (last.total - first.total) * part.piece.multiplier


def _flags(parts: Sequence[_Part]) -> int:
    flags = 0
    for part in parts:
        first, last = part.ends
        flags |= int(first.flags | last.flags)
        flags |= Flag.ROLLOVER if last.rollovers > first.rollovers else 0
    flags |= Flag.EXCHANGED if len({part.piece.asset for part in parts}) > 1 else 0
    return flags | (Flag.MULT_CHANGED if len({part.piece.multiplier for part in parts}) > 1 else 0)
