"""Which wiring errors explain what a meter shows of its phases: help for who reviews it and for who is sent there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from math import radians, sin
from typing import Any

from config.text import say
from gateway.energy.signature import Fit, Phases, Triple, Unfit, fitting
from gateway.energy.wiring import correction
from gateway.master.clerks.queue import micros
from gateway.master.rows import shift
from gateway.master.stores.base import Store

__all__ = ["EXPLAINED", "Explanation", "explanation"]

EXPLAINED = frozenset({"R024", "R027", "R044", "R046", "R047", "R057"})
"""Rules whose findings a wiring error may explain."""

_WIRINGS = frozenset({"", "3P4W"})
_BACK = timedelta(days=1)
_TRIES = 4
"""So many of the latest instants are looked at for one that has all phases."""
_ANSWER = timedelta(minutes=1) // timedelta(microseconds=1)
"""Live values of one answer lie no further apart."""
_MANY = 200

_POWER = ("1-0:36.7.0", "1-0:56.7.0", "1-0:76.7.0")
_REACTIVE = ("1-0:151.7.0", "1-0:171.7.0", "1-0:191.7.0")
_VOLTAGE = ("1-0:32.7.0", "1-0:52.7.0", "1-0:72.7.0")
_CURRENT = ("1-0:31.7.0", "1-0:51.7.0", "1-0:71.7.0")
_FACTOR = ("1-0:33.7.0", "1-0:53.7.0", "1-0:73.7.0")
_ANGLE = ("1-0:81.7.4", "1-0:81.7.15", "1-0:81.7.26")
_POINTS = sorted((*_POWER, *_REACTIVE, *_VOLTAGE, *_CURRENT, *_FACTOR, *_ANGLE))


@dataclass(frozen=True, slots=True)
class Explanation:
    """The phases of an instant, and the errors that fit or why nothing is said."""

    at: datetime
    phases: Phases
    found: list[Fit] | Unfit

    def plain(self) -> dict[str, Any]:
        """For JSON: K as text, null where it is not one number."""
        fits = [] if isinstance(self.found, Unfit) else self.found
        return {
            "at": self.at.isoformat(),
            "power_kw": list(self.phases.power),
            "not_judged": str(self.found) if isinstance(self.found, Unfit) else None,
            "fits": [
                {
                    "fault": str(fit.wiring),
                    "phases": fit.phases,
                    "angle": fit.angle,
                    "k": None if fit.correction is None else str(fit.correction),
                }
                for fit in fits
            ],
        }

    def lines(self, zone: tzinfo) -> list[str]:
        """For people, in their language."""
        shown = ", ".join(f"{name} {p:g}" for name, p in zip("ABC", self.phases.power, strict=True))
        at = f"{self.at.astimezone(zone):%Y-%m-%d %H:%M}"
        head = say(f"phase powers {shown} kW at {at}", f"{at} 分相功率 {shown} kW")
        if isinstance(self.found, Unfit):
            return [head, say(f"wiring not judged: {self.found}", f"接线未判断：{_WHY[self.found]}")]
        if not self.found:
            return [head, say("no wiring error fits these powers", "无符合的错接线")]
        return [head, *map(_line, self.found), say(_PERSON_EN, _PERSON_ZH)]


_WHY = {Unfit.NO_LOAD: "无负荷", Unfit.UNBALANCED: "三相负荷相差过大"}
_PERSON_EN = "K = true / registered energy, of a balanced load: a person decides, after a look at the site"
_PERSON_ZH = "K＝真实电量÷计量电量，仅在三相负荷平衡时成立；须现场核实，由人决定"


def _line(fit: Fit) -> str:
    where = f"{fit.wiring.text} ({fit.phases})"
    return say(f"fits: {where}, {_factor(fit)}", f"符合：{where}，{_factor(fit)}")


def _factor(fit: Fit) -> str:
    if fit.correction is not None:
        return f"K = {fit.correction}"
    by_angle = {angle: correction(fit.wiring, angle) for angle in (20, 30, 40)}
    if fit.angle is not None or len(set(by_angle.values())) == 1:
        return say("the meter stands still", "电表基本停走")
    told = ", ".join(f"{k if k is not None else '∞'} ({angle}°)" for angle, k in by_angle.items())
    return say(f"K by load angle: {told}", f"K 随负荷角：{told}")


def explanation(
    store: Store, meter: str, rules: Iterable[str], instants: Sequence[datetime]
) -> Explanation | None:
    """What wiring errors fit the latest phase powers before one of these instants, the first that has some.

    None where none of the rules asks for it, the meter is no three-phase four-wire one, or it shows no phases.
    Raises StoreProblem.
    """
    if not EXPLAINED & set(rules):
        return None
    wiring = store.ask("review_wiring", [meter])
    if wiring and wiring[0][0] not in _WIRINGS:
        return None
    for until in instants:
        found = _latest(store, meter, until)
        if found is not None:
            return Explanation(*found, fitting(found[1]))
    return None


def _latest(store: Store, meter: str, until: datetime) -> tuple[datetime, Phases] | None:
    """The latest instant that has the powers of all phases, and what else is of the same answer."""
    since, upto = micros(until - _BACK), micros(until)
    for _ in range(_TRIES):
        rows = store.ask("review_latest", [meter, _POWER[:1]], since=since, until=upto, most=1)
        if not rows:
            return None
        at = rows[0][0]
        bounds = {"since": at - _ANSWER, "until": at + _ANSWER, "most": _MANY}
        answer = store.ask("review_latest", [meter, _POINTS], **bounds)
        cells = sorted((-abs(row[0] - at), row[4], row[1], row[2] / 10 ** row[3]) for row in answer)
        known = {point: value for _, _, point, value in cells}
        power = _triple(known, _POWER)
        if power is not None:
            return shift(at), _phases(known, power)
        upto = at - 1
    return None


def _triple(known: Mapping[str, float], points: tuple[str, str, str]) -> Triple | None:
    a, b, c = (known.get(point) for point in points)
    return None if a is None or b is None or c is None else (a, b, c)


def _phases(known: Mapping[str, float], power: Triple) -> Phases:
    voltage, current, factor = (_triple(known, points) for points in (_VOLTAGE, _CURRENT, _FACTOR))
    apparent: Triple | None = None
    if voltage is not None and current is not None:
        a, b, c = (abs(u * i) / 1_000 for u, i in zip(voltage, current, strict=True))
        apparent = a, b, c
    elif factor is not None and all(factor):
        a, b, c = (abs(p / cos) for p, cos in zip(power, factor, strict=True))
        apparent = a, b, c
    reactive, angle = _triple(known, _REACTIVE), _triple(known, _ANGLE)
    if reactive is None and apparent is not None and angle is not None:
        a, b, c = (size * sin(radians(turn)) for size, turn in zip(apparent, angle, strict=True))
        reactive = a, b, c
    return Phases(power=power, apparent=apparent, reactive=reactive)
