"""Synthetic transformer areas by seed: homes as weekly shape x size x noise, some of whose meters show too little."""

from dataclasses import dataclass, field

import numpy as np

__all__ = ["Area"]

_HOURS = 24


@dataclass(slots=True)
class Area:
    """Hourly energies in kWh of the supply and of each meter as read; who hides a part."""

    supply: list[float | None]
    meters: dict[str, list[float | None]]
    thieves: set[str] = field(default_factory=set)

    @property
    def thief(self) -> str:
        """The only one."""
        (one,) = self.thieves
        return one

    @classmethod
    def made(
        cls,
        *,
        seed: int,
        meters: int,
        days: int,
        hidden: float = 0.0,
        thieves: int = 1,
        supply_noise: float = 0.005,
    ) -> "Area":
        """`hidden` is the share of the true energy that a thief's meter does not show; 0: everybody is honest."""
        rng = np.random.default_rng(seed)
        true = np.array([_home(rng, days) for _ in range(meters)])
        read = true.copy()
        who = rng.choice(meters, thieves, replace=False) if hidden else []
        for place in who:
            read[place] *= 1 - hidden
        total = true.sum(axis=0)
        total = total * (1 + 0.01 * total / total.mean()) + 0.01 * total.mean()
        total *= 1 + rng.normal(0, supply_noise, total.size)
        names = [f"M{place:03}" for place in range(meters)]
        return cls(
            supply=total.tolist(),
            meters={name: row.tolist() for name, row in zip(names, read, strict=True)},
            thieves={names[place] for place in who},
        )


def _home(rng, days):
    hour = np.arange(_HOURS * days) % _HOURS
    weekend = (np.arange(_HOURS * days) // _HOURS) % 7 > 4
    morning = np.exp(-(((hour - 7 - rng.normal()) / 2) ** 2)) * rng.random()
    evening = np.exp(-(((hour - 19 - 1.5 * rng.normal()) / 2.5) ** 2)) * 1.5 * rng.random()
    shape = 0.3 + 0.4 * rng.random() + morning + evening + 0.3 * rng.random() * weekend
    return np.exp(rng.normal(0, 0.4)) * shape * np.exp(rng.normal(0, 0.35, hour.size))
