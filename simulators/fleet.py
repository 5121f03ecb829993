"""Many meters at once: specifications of a whole neighbourhood from one seed, spread over lines."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo

from simulators.dlt645_meter import Meter, Told
from simulators.electric import Defect, Spec
from simulators.faults import Faults
from simulators.line import Line

__all__ = ["Fleet", "World", "address_of", "build", "specs", "spoil"]

_KINDS = ("home", "home", "home", "home", "shop", "solar", "home", "factory")


def address_of(number: int) -> str:
    """The address printed on the n-th meter, from 0."""
    return f"6450{number + 1:08d}"


def specs(count: int, *, seed: int = 0, share_1997: float = 0.25) -> list[Spec]:
    """`count` healthy meters of mixed kinds; about `share_1997` of them speak the 1997 dialect."""
    rng = random.Random(f"fleet {seed}")
    return [_spec(number, seed, rng.random() < share_1997, rng) for number in range(count)]


def _spec(number: int, seed: int, old: bool, rng: random.Random) -> Spec:
    kind = _KINDS[number % len(_KINDS)]
    return Spec(
        address=address_of(number),
        seed=seed,
        standard="1997" if old else "2007",
        kind=kind,
        phases=3 if kind == "factory" else 1,
        wakeup=rng.randint(0, 4),
        drift_seconds=round(rng.uniform(-20, 20), 1),
        reply_delay=round(rng.uniform(0.02, 0.06), 3),
    )


@dataclass(frozen=True, slots=True)
class Fleet:
    """Lines with their meters; `on` tells which line each address hangs on."""

    lines: list[Line]
    meters: dict[str, Meter] = field(default_factory=dict)
    on: dict[str, str] = field(default_factory=dict)

    def rows(self) -> Iterator[dict[str, str]]:
        """The archive's rows for these meters; the asset number is A and the address."""
        for address, meter in self.meters.items():
            spec = meter.spec
            yield {
                "asset_no": f"A{address}",
                "address": address,
                "name": f"{spec.kind} {address[-4:]}",
                "protocol": f"dlt645-{spec.standard}",
                "model": f"dlt645-{spec.standard}",
                "target": self.on[address],
                "customer_class": "industrial" if spec.kind == "factory" else "residential",
                "wiring": "3P4W" if spec.phases == 3 else "1P",
                "rated_voltage": "220",
                "rated_current": "5",
                "max_current": "60",
            }


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What all lines of a fleet share; see `Line` and `Meter`."""

    now: Callable[[], datetime] | None = None
    tz: tzinfo | None = None
    baud: int = 0
    faults: Faults = field(default_factory=Faults)
    told: Told | None = None


def build(wanted: list[Spec], lines: int, world: World | None = None) -> Fleet:
    """Spread the meters over lines named line1, line2, ... in turn; each line gets its own seed of faults."""
    world = world or World()
    groups: list[list[Meter]] = [[] for _ in range(max(1, lines))]
    fleet = Fleet([])
    for number, spec in enumerate(wanted):
        place = number % len(groups)
        meter = Meter(spec, world.told)
        groups[place].append(meter)
        fleet.meters[spec.address] = meter
        fleet.on[spec.address] = f"line{place + 1}"
    for place, group in enumerate(groups):
        own = replace(world.faults, seed=world.faults.seed + place)
        line = Line(group, name=f"line{place + 1}", baud=world.baud, faults=own, now=world.now, tz=world.tz)
        fleet.lines.append(line)
    return fleet


def spoil(wanted: list[Spec], number: int, defect: Defect, since: datetime | None = None) -> list[Spec]:
    """The same meters, the n-th with a defect."""
    return [replace(s, defect=defect, defect_since=since) if i == number else s for i, s in enumerate(wanted)]
