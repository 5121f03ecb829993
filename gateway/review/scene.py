"""What one answer shows of one instant: voltages, currents and powers of all phases side by side."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from gateway.review.limits import Limits
from protocols.reading import Method, Reading, State

__all__ = ["CURRENTS", "PLACES", "POWERS", "TOTAL", "VOLTAGES", "Scene", "Triple", "scenes_of"]

Triple = tuple[float | None, float | None, float | None]

VOLTAGES = ("1-0:32.7.0", "1-0:52.7.0", "1-0:72.7.0")
CURRENTS = ("1-0:31.7.0", "1-0:51.7.0", "1-0:71.7.0")
POWERS = ("1-0:36.7.0", "1-0:56.7.0", "1-0:76.7.0")
FACTORS = ("1-0:33.7.0", "1-0:53.7.0", "1-0:73.7.0")
TOTAL = "1-0:16.7.0"
_SINGLE = ("1-0:91.7.0", TOTAL, "1-0:13.7.0", "1-0:16.4.0", "0-0:96.5.7", "1-0:81.7.10", "1-0:81.7.20")
PLACES = {point: place for place, point in enumerate((*VOLTAGES, *CURRENTS, *POWERS, *FACTORS, *_SINGLE))}
"""Where a point's value stands among those of a scene."""
_NOTHING: Triple = (None, None, None)


@dataclass(slots=True, kw_only=True)
class Scene:
    """One instant of one meter: V, A, kW; None for what did not come or cannot be true.

    `neutral` is its current, `total` the active power, `cos` its factor, `demand` the present demand, `word` the
    seventh status word, `angles` those of the voltages B and C against A in degrees. `phase` is the one judged (0 to
    2), `lasting` tells that this rule's condition stands here already.
    """

    limits: Limits
    at: int = 0
    voltage: Triple = _NOTHING
    current: Triple = _NOTHING
    power: Triple = _NOTHING
    factor: Triple = _NOTHING
    neutral: float | None = None
    total: float | None = None
    cos: float | None = None
    demand: float | None = None
    word: float | None = None
    angles: tuple[float | None, float | None] = (None, None)
    phase: int = 0
    lasting: bool = False

    @property
    def u(self) -> float | None:
        """Voltage of the phase judged."""
        return self.voltage[self.phase]

    @property
    def i(self) -> float | None:
        """Current of the phase judged, without sign."""
        found = self.current[self.phase]
        return None if found is None else abs(found)

    def measured(self, values: Triple) -> list[float] | None:
        """Values of all phases that the wiring measures; None if it is not known or one did not come."""
        if self.limits.phases is None:
            return None
        found = [value for phase in self.limits.phases if (value := values[phase]) is not None]
        return found if len(found) == len(self.limits.phases) else None

    def amperes(self) -> list[float] | None:
        """Currents of all phases without sign, like `measured`."""
        found = self.measured(self.current)
        return None if found is None else [abs(value) for value in found]

    def presence(self) -> int:
        """One bit for each quantity that is here."""
        values = (
            *self.voltage, *self.current, *self.power, *self.factor,
            self.neutral, self.total, self.cos, self.demand, self.word, *self.angles,
        )  # fmt: skip
        return sum(1 << place for place, value in enumerate(values) if value is not None)


def scenes_of(readings: Iterable[Reading], limits: Limits) -> list[tuple[Scene, tuple[Reading, ...]]]:
    """The scenes of an answer, oldest first, each with its readings; live values of one answer are one scene."""
    groups: dict[object, list[Reading]] = {}
    for reading in readings:
        if reading.point in PLACES:
            groups.setdefault(0 if reading.method is Method.LIVE else reading.at, []).append(reading)
    made = [(_scene(group, limits), tuple(group)) for group in groups.values()]
    return sorted(made, key=lambda pair: pair[0].at)


def _scene(group: Iterable[Reading], limits: Limits) -> Scene:
    values: list[float | None] = [None] * len(PLACES)
    at = 0
    for reading in group:
        at = max(at, int(reading.at.timestamp()))
        if reading.value is not None and reading.state is not State.REJECTED:
            values[PLACES[reading.point]] = float(reading.value)
    return scene_of(values, at, limits)


def scene_of(values: list[float | None], at: int, limits: Limits) -> Scene:
    """A scene of values in the order of `PLACES`; what cannot be true is left out."""
    bounds = (limits.voltage, limits.current, limits.power, 1.001)
    triples: list[Triple] = []
    for (first, last), bound in zip(pairwise((0, 3, 6, 9, 12)), bounds, strict=True):
        a, b, c = (_possible(value, bound) for value in values[first:last])
        triples.append((a, b, c))
    neutral, total, cos, demand, word, second, third = values[12:]
    return Scene(
        limits=limits,
        at=at,
        voltage=triples[0],
        current=triples[1],
        power=triples[2],
        factor=triples[3],
        neutral=_possible(neutral, limits.current),
        total=_possible(total, limits.power),
        cos=_possible(cos, 1.001),
        demand=demand,
        word=word,
        angles=(second, third),
    )


def _possible(value: float | None, bound: float | None) -> float | None:
    """The value, None where it is garbage (R008 says so)."""
    return None if value is None or (bound is not None and abs(value) > bound) else value
