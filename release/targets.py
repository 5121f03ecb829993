"""For which machines and which interpreters there are packages and bundles, and what each set contains."""

from dataclasses import dataclass

__all__ = ["PLATFORMS", "PYTHONS", "SETS", "Platform", "Set", "combinations"]

_NEWEST_GLIBC = 36  # Debian 12


@dataclass(frozen=True, slots=True)
class Platform:
    """A kind of processor as wheels, `uname -m` and Debian call it; `glibc`: the oldest minor version for it."""

    name: str
    machine: str
    debian: str
    glibc: int
    aliases: tuple[str, ...] = ()

    @property
    def tags(self) -> tuple[str, ...]:
        """What pip may take, best first."""
        many = (f"manylinux_2_{minor}_{self.machine}" for minor in range(_NEWEST_GLIBC, self.glibc - 1, -1))
        return (*many, *(f"{alias}_{self.machine}" for alias in self.aliases), f"linux_{self.machine}")


@dataclass(frozen=True, slots=True)
class Set:
    """What is installed together: a distribution's extras, by default and on platforms that lack a wheel."""

    name: str
    package: str
    extras: tuple[str, ...]
    fewer: tuple[tuple[str, tuple[str, ...]], ...] = ()
    platforms: tuple[str, ...] = ("x86_64", "arm64", "armv7")

    def extras_on(self, platform: str) -> tuple[str, ...]:
        """The extras that can be had there."""
        return dict(self.fewer).get(platform, self.extras)


PLATFORMS = {
    one.name: one
    for one in (
        Platform("x86_64", "x86_64", "amd64", 5, ("manylinux2014", "manylinux2010", "manylinux1")),
        Platform("arm64", "aarch64", "arm64", 17, ("manylinux2014",)),
        Platform("armv7", "armv7l", "armhf", 17, ("manylinux2014",)),
    )
}

PYTHONS = {"12": "3.11", "13": "3.13"}
"""The interpreter of each Debian release."""

SETS = {
    one.name: one
    for one in (
        # psutil, which the demonstration's broker needs, has no wheel for armv7.
        Set("gateway", "meterd", ("dumps", "web", "demo"), fewer=(("armv7", ("dumps", "web")),)),
        # psycopg-binary has none for armv7 either.
        Set("master", "meterd-master", ("master",), platforms=("x86_64", "arm64")),
    )
}


def combinations() -> list[tuple[Set, Platform]]:
    """Every set with every platform that it is made for."""
    return [(one, PLATFORMS[name]) for one in SETS.values() for name in one.platforms]
