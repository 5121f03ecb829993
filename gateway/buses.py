"""The buses of a configuration: one for each physical channel, with link, gate and driver from the tables."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from config.archive import Archive, Meter
from config.schema import SendSwitches, Settings, Target
from drivers import Gate, Link, Surroundings, make_driver, make_link, parse_link
from drivers.gate import build_gate
from drivers.links.hub import Hubs
from drivers.surroundings import Fact, Kept, ignore
from gateway.airtime import bus_wire, dials_in, group_targets, in_service
from gateway.bus import Bus
from gateway.clock import Clock
from protocols import PROTOCOLS
from protocols.outer import OUTERS, greeter
from protocols.session import Effect

__all__ = ["Building", "build_buses", "gate_for", "gate_of", "link_of", "switched_on"]

ModelOf = Callable[[Meter], Mapping[str, Any]]
OnState = Callable[[Bus, bool], None]


def switched_on(send: SendSwitches) -> list[Effect]:
    """The effects whose switches are on."""
    return [Effect(name) for name, on in send if on]


def gate_of(protocols: Iterable[str], send: SendSwitches) -> Gate:
    """The send gate of a channel on which these protocols are spoken."""
    return build_gate([PROTOCOLS[name].classify for name in sorted(set(protocols))], switched_on(send))


def gate_for(targets: Sequence[Target], meters: Iterable[Meter], send: SendSwitches) -> Gate:
    """The send gate of a channel with these targets and meters.

    Behind equipment of its own protocol meters are spoken to through that alone: a bare frame for one of them is
    unknown there.
    """
    outers = {OUTERS[t.driver].name: OUTERS[t.driver].classify for t in targets if t.driver in OUTERS}
    if outers:
        return build_gate(list(outers.values()), switched_on(send))
    return gate_of((meter.protocol for meter in meters), send)


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """What buses are built with beside the configuration.

    `hubs` are the ports on which terminals call in, `tell` takes what drivers learn beside results, `kept` by
    target is what they find again.
    """

    clock: Clock
    model_of: ModelOf
    on_state: OnState | None = None
    hubs: Hubs = field(default_factory=lambda: Hubs(greeter))
    tell: Callable[[Fact], None] = ignore
    kept: Mapping[str, Kept] = field(default_factory=dict)


def build_buses(settings: Settings, archive: Archive, building: Building) -> dict[str, Bus]:
    """Every target's bus by the target's name; targets on one channel share theirs. Nothing is opened yet."""
    buses: dict[str, Bus] = {}
    for group in group_targets(settings.target):
        bus = _build(group, settings, archive, building)
        buses.update((target.name, bus) for target in group)
    return buses


def _build(group: Sequence[Target], settings: Settings, archive: Archive, building: Building) -> Bus:
    meters = {target.name: in_service(archive, target.name) for target in group}
    everybody = [meter for members in meters.values() for meter in members]
    around = Surroundings(
        tz=ZoneInfo(settings.gateway.timezone),
        now=building.clock.now,
        model=building.model_of,
        targets=group,
        meters=meters,
        tell=building.tell,
        kept=building.kept,
    )
    link = link_of(group[0], everybody, gate_for(group, everybody, settings.send), building.hubs)
    driver = make_driver(group[0].driver, link, around)
    return Bus(group, link, driver, clock=building.clock, on_state=building.on_state)


def link_of(target: Target, meters: Sequence[Meter], gate: Gate, hubs: Hubs) -> Link:
    """A target's link, not yet open; of one that dials in, its seat at the port."""
    wire = bus_wire(target, meters)
    if dials_in(target):
        address = OUTERS[target.driver].address(target.address or "")
        return hubs.seat(target.name, parse_link(target.link), address, gate, wire)
    return make_link(target.name, target.link, gate, baud=wire.baud or None, latency_ms=target.latency_ms)
